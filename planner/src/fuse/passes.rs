//! Scans of the same source become one pass.

/// What one scan of an output needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScanNeed {
    /// The same number for scans that read the same files in the same way.
    pub source: usize,
    /// Columns of the source.
    pub columns: Vec<usize>,
}

/// One read of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassPlan {
    /// The source.
    pub source: usize,
    /// The columns that any of the scans needs, in ascending order.
    pub columns: Vec<usize>,
    /// The scans that it serves, by their place among the needs.
    pub readers: Vec<usize>,
}

/// The passes for scans: one for each source, in the order of their first scans.
pub fn passes(needs: &[ScanNeed]) -> Vec<PassPlan> {
    let mut passes: Vec<PassPlan> = Vec::new();
    for (reader, need) in needs.iter().enumerate() {
        match passes.iter_mut().find(|pass| pass.source == need.source) {
            Some(pass) => {
                pass.columns.extend(&need.columns);
                pass.readers.push(reader);
            }
            None => passes.push(PassPlan {
                source: need.source,
                columns: need.columns.clone(),
                readers: vec![reader],
            }),
        }
    }
    for pass in &mut passes {
        pass.columns.sort_unstable();
        pass.columns.dedup();
    }
    passes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn need(source: usize, columns: &[usize]) -> ScanNeed {
        ScanNeed { source, columns: columns.to_vec() }
    }

    #[test]
    fn scans_of_one_source_share_a_pass_with_all_their_columns() {
        let needs =
            [need(7, &[3, 1]), need(9, &[0]), need(7, &[]), need(8, &[2]), need(8, &[2]), need(7, &[1, 5])];
        let expected = [
            PassPlan { source: 7, columns: vec![1, 3, 5], readers: vec![0, 2, 5] },
            PassPlan { source: 9, columns: vec![0], readers: vec![1] },
            PassPlan { source: 8, columns: vec![2], readers: vec![3, 4] },
        ];
        assert_eq!(passes(&needs), expected);
    }

    #[test]
    fn no_scans_make_no_passes() {
        assert_eq!(passes(&[]), []);
    }
}
