//! How a table fits a screen: which columns are shown, and how wide.

/// A text column is not made narrower than this while there is another way: shorter texts say too little.
const LEAST_TEXT_WIDTH: usize = 12;

/// What a column asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish {
    /// The width of its widest cell or name.
    pub natural: usize,
    /// Whether its cells may be shortened: texts may, numbers would become others.
    pub shortens: bool,
}

impl Wish {
    fn least(self) -> usize {
        if self.shortens { self.natural.min(LEAST_TEXT_WIDTH) } else { self.natural }
    }
}

/// A column of the table on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// A column of the result, by its index, with its width.
    Column(usize, usize),
    /// Where columns were left out.
    Gap,
}

/// Fits columns into a screen of so many characters; all of them if it is 0.
///
/// Long texts are shortened first, then columns in the middle are left out.
pub fn fit(wishes: &[Wish], screen: usize) -> Vec<Shown> {
    let all: Vec<usize> = (0..wishes.len()).collect();
    let natural: Vec<usize> = wishes.iter().map(|wish| wish.natural).collect();
    if screen == 0 || framed(&natural) <= screen {
        return all.iter().map(|&index| Shown::Column(index, natural[index])).collect();
    }
    let kept = keep(wishes, screen);
    let gap = kept.len() < wishes.len();
    let room = if gap { screen.saturating_sub(GAP) } else { screen };
    let widths = shrink(&kept.iter().map(|&index| wishes[index]).collect::<Vec<_>>(), room);
    let mut shown = Vec::new();
    for (at, (&index, width)) in kept.iter().zip(widths).enumerate() {
        if gap && at > 0 && kept[at - 1] + 1 < index {
            shown.push(Shown::Gap);
        }
        shown.push(Shown::Column(index, width));
    }
    if gap && !shown.contains(&Shown::Gap) {
        shown.push(Shown::Gap);
    }
    shown
}

/// What a column of one character takes: `│ … `.
const GAP: usize = 4;

/// The width of a table with columns of these widths.
fn framed(widths: &[usize]) -> usize {
    widths.iter().map(|width| width + 3).sum::<usize>() + 1
}

/// The columns that are shown: as many from both ends as there is room for, the first one always.
fn keep(wishes: &[Wish], screen: usize) -> Vec<usize> {
    let least: Vec<usize> = wishes.iter().map(|wish| wish.least()).collect();
    if framed(&least) <= screen {
        return (0..wishes.len()).collect();
    }
    let (mut left, mut right) = (1, wishes.len());
    let mut used = framed(&least[..1]) + GAP;
    loop {
        let from_left = left <= wishes.len() - right;
        let next = if from_left { left } else { right - 1 };
        if left >= right || used + least[next] + 3 > screen {
            break;
        }
        used += least[next] + 3;
        if from_left {
            left += 1;
        } else {
            right -= 1;
        }
    }
    (0..left).chain(right.max(left)..wishes.len()).collect()
}

/// Widths whose sum fits: the widest texts give first.
fn shrink(wishes: &[Wish], screen: usize) -> Vec<usize> {
    let mut widths: Vec<usize> = wishes.iter().map(|wish| wish.natural).collect();
    let capped = |cap: usize| {
        let width = |wish: &Wish| if wish.shortens { wish.natural.min(cap.max(1)) } else { wish.natural };
        wishes.iter().map(width).collect::<Vec<_>>()
    };
    let widest = widths.iter().copied().max().unwrap_or(0);
    let mut cap = widest;
    while framed(&widths) > screen && cap > 1 {
        cap -= 1;
        widths = capped(cap);
    }
    // What is left over goes to the columns that were shortened, from the left.
    let mut left_over = screen.saturating_sub(framed(&widths));
    for (width, wish) in widths.iter_mut().zip(wishes) {
        let more = (wish.natural - *width).min(left_over);
        *width += more;
        left_over -= more;
    }
    widths
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(natural: usize) -> Wish {
        Wish { natural, shortens: true }
    }

    fn number(natural: usize) -> Wish {
        Wish { natural, shortens: false }
    }

    fn widths(wishes: &[Wish], screen: usize) -> Vec<Option<usize>> {
        let width = |shown| match shown {
            Shown::Column(_, width) => Some(width),
            Shown::Gap => None,
        };
        fit(wishes, screen).into_iter().map(width).collect()
    }

    #[test]
    fn what_fits_is_left_alone() {
        assert_eq!(widths(&[text(5), number(3)], 15), [Some(5), Some(3)]);
        assert_eq!(widths(&[text(500), number(3)], 0), [Some(500), Some(3)]);
        assert_eq!(widths(&[], 10), []);
    }

    #[test]
    fn long_texts_give_before_columns_do() {
        assert_eq!(widths(&[text(100), number(8), text(20)], 60), [Some(22), Some(8), Some(20)]);
        assert_eq!(widths(&[text(100), number(8), text(100)], 50), [Some(16), Some(8), Some(16)]);
    }

    #[test]
    fn columns_in_the_middle_are_left_out() {
        let wishes = vec![number(10); 9];
        let shown = fit(&wishes, 60);
        assert_eq!(
            shown,
            [
                Shown::Column(0, 10),
                Shown::Column(1, 10),
                Shown::Gap,
                Shown::Column(7, 10),
                Shown::Column(8, 10)
            ]
        );
    }

    #[test]
    fn the_table_never_is_wider_than_the_screen() {
        for screen in 20..120 {
            for count in 1..12 {
                let wishes: Vec<Wish> = (0..count)
                    .map(|at| if at % 2 == 0 { text(7 * at + 3) } else { number(at + 2) })
                    .collect();
                let shown: Vec<usize> =
                    widths(&wishes, screen).into_iter().map(|width| width.unwrap_or(1)).collect();
                assert!(framed(&shown) <= screen, "{screen} {count}: {shown:?}");
            }
        }
    }
}
