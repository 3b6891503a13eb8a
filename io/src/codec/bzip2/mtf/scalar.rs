//! The list as an array, for every target; what the other kind is compared with.

use super::{NEAR_LEN, RecencyList};

/// The list of bytes in the order of their last use, as an array.
#[derive(Debug)]
pub(in super::super) struct ScalarList([u8; 256]);

impl ScalarList {
    /// A list in the order given.
    pub(in super::super) fn new(order: &[u8; 256]) -> Self {
        Self(*order)
    }

    #[inline(always)]
    fn move_to_front(&mut self, index: usize) -> u8 {
        let byte = self.0[index];
        self.0.copy_within(..index, 1);
        self.0[0] = byte;
        byte
    }
}

impl RecencyList for ScalarList {
    #[inline(always)]
    fn near(&mut self, index: u32) -> u8 {
        self.move_to_front(index as usize % NEAR_LEN)
    }

    fn far(&mut self, index: usize) -> u8 {
        self.move_to_front(index)
    }
}
