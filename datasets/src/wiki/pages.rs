//! The pages that exist: language, title, popularity and size.

use super::words::{ENGLISH, LATIN, NAMESPACES, OBAMA, SCRIPTS, SYLLABLES};
use crate::random::Random;

/// A page.
#[derive(Debug, Clone)]
pub(super) struct Page {
    /// Language and title with a space between, as a line has them.
    pub name: Box<[u8]>,
    /// Mean of the views in an hour, less one.
    pub popularity: f32,
    /// Size of one view.
    pub len_bytes: u32,
}

impl Page {
    /// Returns what comes before the space.
    pub(super) fn language(&self) -> &[u8] {
        let end = self.name.iter().position(|&byte| byte == b' ');
        &self.name[..end.unwrap_or(self.name.len())]
    }

    /// Returns whether the title has the name that queries look for.
    pub(super) fn is_obama(&self) -> bool {
        self.name.windows(5).any(|part| part == b"Obama")
    }

    fn new(name: String, random: &mut Random) -> Self {
        // A power law: one page in a hundred has 60 times the views of most.
        let popularity = 0.3 * random.unit().max(1e-7).powf(-0.9);
        let len_bytes = (9.3 + 1.1 * random.normal()).exp() as u32 + 200;
        Self { name: name.into_bytes().into(), popularity: popularity.min(50_000.0) as f32, len_bytes }
    }
}

/// All pages.
#[derive(Debug, Clone)]
pub(super) struct Pages {
    /// Those without `Obama`, ordered by name.
    others: Vec<Page>,
    /// Those with it, ordered by name.
    pub obama: Vec<Page>,
}

impl Pages {
    /// Makes about `count` pages, at least half as many.
    pub(super) fn new(seed: u64, count: usize) -> Self {
        let mut random = Random::new(&[seed, PAGES]);
        let mut others: Vec<Page> = (0..count)
            .map(|_| {
                let name = name(&mut random);
                Page::new(name, &mut random)
            })
            .collect();
        others.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        others.dedup_by(|a, b| a.name == b.name);
        let mut obama: Vec<Page> = OBAMA
            .iter()
            .map(|name| Page { popularity: 30.0, ..Page::new((*name).to_owned(), &mut random) })
            .collect();
        obama.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        Self { others, obama }
    }

    /// Chooses one page of the part of all that `row` of `rows` stands for.
    ///
    /// Called for every row in turn it gives different pages in order. Of two candidates
    /// the more popular one is taken.
    pub(super) fn popular(&self, row: u64, rows: u64, random: &mut Random) -> &Page {
        let count = self.others.len() as u64;
        let (first, end) = (count * row / rows, count * (row + 1) / rows);
        let [a, b] = [(); 2].map(|()| &self.others[(first + random.below(end - first)) as usize]);
        if a.popularity < b.popularity { b } else { a }
    }
}

/// Keeps the stream of the pages apart from those of the hours.
const PAGES: u64 = 0x7469_746c;

/// Shares of the languages in thousandths; what is left goes to `en`.
const LANGUAGES: [(&str, u64); 30] = [
    ("de", 82),
    ("ja", 74),
    ("fr", 62),
    ("es", 60),
    ("pl", 48),
    ("it", 42),
    ("pt", 40),
    ("ru", 48),
    ("nl", 30),
    ("zh", 30),
    ("sv", 20),
    ("commons.m", 24),
    ("en.d", 22),
    ("fi", 18),
    ("tr", 14),
    ("no", 12),
    ("da", 10),
    ("cs", 12),
    ("ar", 10),
    ("he", 10),
    ("hu", 8),
    ("ro", 8),
    ("id", 8),
    ("vi", 6),
    ("uk", 8),
    ("simple", 6),
    ("en.b", 6),
    ("en.n", 4),
    ("fr.d", 10),
    ("de.b", 4),
];

/// Makes language and title of one page.
fn name(random: &mut Random) -> String {
    let mut drawn = random.below(1000);
    let language = LANGUAGES.iter().find(|(_, share)| match drawn.checked_sub(*share) {
        Some(rest) => {
            drawn = rest;
            false
        }
        None => true,
    });
    let language = language.map_or("en", |(language, _)| language);
    let mut name = format!("{language} ");
    let namespace = random.chance(0.14).then(|| NAMESPACES[zipf(NAMESPACES.len(), random)]);
    name.push_str(namespace.map_or("", |namespace| namespace.0));
    let start = name.len();
    push_title(&mut name, language, random);
    // Titles begin with a capital letter.
    name[start..start + 1].make_ascii_uppercase();
    if random.chance(0.07) {
        name.push_str(&format!("_{}", random.between(1, 2008)));
    }
    name.push_str(namespace.map_or("", |namespace| namespace.1));
    name
}

fn push_title(title: &mut String, language: &str, random: &mut Random) {
    let root = language.split('.').next().unwrap_or(language);
    let script = SCRIPTS.iter().find(|script| script.0 == root).map(|script| script.1);
    let latin = LATIN.iter().find(|list| list.0 == root).map_or(ENGLISH, |list| list.1);
    for word in 0..random.between(1, 4).min(random.between(1, 4)) {
        if word > 0 {
            title.push('_');
        }
        match script {
            Some((first, last)) => {
                for _ in 0..random.between(2, 5) {
                    let letters = (last as u32 - first as u32 + 1) as usize;
                    let letter = first as u32 + zipf(letters, random) as u32;
                    push_percent(title, char::from_u32(letter).unwrap_or(first));
                }
            }
            None if random.chance(0.35) => push_surname(title, random),
            None => {
                latin[zipf(latin.len(), random)].chars().for_each(|c| push_percent(title, c));
            }
        }
    }
}

/// Appends a word that could be a name.
fn push_surname(title: &mut String, random: &mut Random) {
    let start = title.len();
    for _ in 0..random.between(2, 3) {
        title.push_str(SYLLABLES[random.index(SYLLABLES.len())]);
    }
    title[start..start + 1].make_ascii_uppercase();
}

/// Appends a letter as it stands in an address: what is not ASCII, byte by byte as `%XX`.
fn push_percent(title: &mut String, letter: char) {
    if letter.is_ascii() {
        return title.push(letter);
    }
    for byte in letter.encode_utf8(&mut [0; 4]).bytes() {
        title.push_str(&format!("%{byte:02X}"));
    }
}

/// Draws an index, the first ones most often: nearly in proportion to 1 / (index + 1).
fn zipf(len: usize, random: &mut Random) -> usize {
    let drawn = ((len as f64 + 1.0).ln() * random.unit()).exp() - 1.0;
    (drawn as usize).min(len - 1)
}
