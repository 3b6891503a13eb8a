//! Move to front: the list of bytes in the order of their last use.

#[cfg(target_arch = "x86_64")]
pub(super) mod avx2;
pub(super) mod scalar;

/// Indices below this one are near the front: 95 % of the bytes that move in English text, 99.9 % in
/// tables of flights. A list makes them fast.
pub(super) const NEAR_LEN: usize = 32;

/// The list of bytes in the order of their last use.
pub(super) trait RecencyList {
    /// Moves the byte at an index below [`NEAR_LEN`] to the front and returns it. Higher bits of the index are
    /// ignored.
    fn near(&mut self, index: u32) -> u8;

    /// Moves the byte at an index from [`NEAR_LEN`] to 255 to the front and returns it.
    ///
    /// # Panics
    /// If the index is another one.
    fn far(&mut self, index: usize) -> u8;
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::instructions::Instructions;
    use super::*;

    /// The list as a vector, from which bytes are taken and put in front.
    fn by_hand(order: &[u8; 256], indices: &[u8]) -> Vec<u8> {
        let mut list = order.to_vec();
        let take = |&index: &u8| {
            let byte = list.remove(index.into());
            list.insert(0, byte);
            byte
        };
        indices.iter().map(take).collect()
    }

    fn moved(mut list: impl RecencyList, indices: &[u8]) -> Vec<u8> {
        let near = |index: u8| usize::from(index) < NEAR_LEN;
        let step = |&i: &u8| if near(i) { list.near(i.into()) } else { list.far(i.into()) };
        indices.iter().map(step).collect()
    }

    fn check(order: &[u8; 256], indices: &[u8]) {
        let expected = by_hand(order, indices);
        assert_eq!(moved(scalar::ScalarList::new(order), indices), expected);
        #[cfg(target_arch = "x86_64")]
        if let Instructions::Avx2(avx2) = Instructions::detect() {
            let mut rows = avx2::Rows::new();
            assert_eq!(moved(avx2::Avx2List::new(avx2, order, &mut rows), indices), expected);
        }
    }

    #[test]
    fn every_index_then_the_whole_list() {
        let order = std::array::from_fn(|i| (i as u8).wrapping_mul(77));
        for index in 0..=255 {
            let indices: Vec<u8> = [index, index].into_iter().chain(std::iter::repeat_n(255, 256)).collect();
            check(&order, &indices);
        }
    }

    proptest! {
        #[test]
        fn any_indices(indices in proptest::collection::vec(any::<u8>(), 0..2000)) {
            check(&std::array::from_fn(|i| 255 - i as u8), &indices);
        }
    }
}
