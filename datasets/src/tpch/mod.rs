//! The eight tables of TPC-H as CSV with a header, made by the crate [`tpchgen`]: the same values as
//! the tool of the specification writes, for any scale.
//!
//! Scale 1 has six million rows in `lineitem` and about one gigabyte of text in all. Names of columns
//! are those of the specification in lower case. The five large tables are split into as many files as
//! asked for (`lineitem-1.csv` and on), the others are always one file (`nation.csv`).

use std::fmt::{Display, Write as _};
use std::io;

use tpchgen::csv::{
    CustomerCsv, LineItemCsv, NationCsv, OrderCsv, PartCsv, PartSuppCsv, RegionCsv, SupplierCsv,
};
use tpchgen::generators::{
    CustomerGenerator, LineItemGenerator, NationGenerator, OrderGenerator, PartGenerator, PartSuppGenerator,
    RegionGenerator, SupplierGenerator,
};

use crate::dataset::{Dataset, Emit};
use crate::error::{Error, Result};

/// What to generate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// The scale factor: 1 is about one gigabyte.
    pub scale: f64,
    /// Files of each large table.
    pub files: usize,
}

/// The tables of one scale.
#[derive(Debug, Clone)]
pub struct Tpch {
    scale: f64,
    /// Large ones first, so that threads end at about the same time.
    files: Vec<Piece>,
}

/// A table of the specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// Lines of orders, four to an order.
    Lineitem,
    /// Orders.
    Orders,
    /// Which supplier has which part.
    Partsupp,
    /// Customers.
    Customer,
    /// Parts.
    Part,
    /// Suppliers.
    Supplier,
    /// 25 nations.
    Nation,
    /// 5 regions.
    Region,
}

/// A file of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Piece {
    table: Table,
    /// From 1, as the generator counts.
    number: i32,
    count: i32,
}

impl Tpch {
    /// Checks the options.
    ///
    /// # Errors
    ///
    /// If there is no file, or too many, or the scale is none that the generator knows.
    pub fn new(options: Options) -> Result<Self> {
        let Options { scale, files } = options;
        if !(LEAST_SCALE..=LARGEST_SCALE).contains(&scale) {
            return Err(Error::Options(format!(
                "expected a scale from {LEAST_SCALE} to {LARGEST_SCALE}, found {scale}"
            )));
        }
        if !(1..=MOST_FILES).contains(&files) {
            return Err(Error::Options(format!("expected 1 to {MOST_FILES} files, found {files}")));
        }
        let pieces = |table: Table| {
            let count = if table.is_large() { files as i32 } else { 1 };
            (1..=count).map(move |number| Piece { table, number, count })
        };
        Ok(Self { scale, files: Table::ALL.into_iter().flat_map(pieces).collect() })
    }
}

impl Table {
    /// Every table, the largest first.
    pub const ALL: [Self; 8] = [
        Self::Lineitem,
        Self::Orders,
        Self::Partsupp,
        Self::Customer,
        Self::Part,
        Self::Supplier,
        Self::Nation,
        Self::Region,
    ];

    /// Returns the name in the specification, in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lineitem => "lineitem",
            Self::Orders => "orders",
            Self::Partsupp => "partsupp",
            Self::Customer => "customer",
            Self::Part => "part",
            Self::Supplier => "supplier",
            Self::Nation => "nation",
            Self::Region => "region",
        }
    }

    /// Returns a glob that matches the files of this table and no other, whatever their number and
    /// codec.
    pub fn glob(self) -> String {
        format!("{}[-.]*", self.name())
    }

    fn is_large(self) -> bool {
        !matches!(self, Self::Supplier | Self::Nation | Self::Region)
    }
}

impl Dataset for Tpch {
    fn files(&self) -> usize {
        self.files.len()
    }

    fn rows(&self) -> u64 {
        let rows = |table: Table| match table {
            Table::Lineitem => lineitem_rows(self.scale),
            Table::Orders => OrderGenerator::calculate_row_count(self.scale, 1, 1) as u64,
            // Four suppliers to a part.
            Table::Partsupp => 4 * PartGenerator::calculate_row_count(self.scale, 1, 1) as u64,
            Table::Customer => CustomerGenerator::calculate_row_count(self.scale, 1, 1) as u64,
            Table::Part => PartGenerator::calculate_row_count(self.scale, 1, 1) as u64,
            Table::Supplier => SupplierGenerator::calculate_row_count(self.scale, 1, 1) as u64,
            Table::Nation => 25,
            Table::Region => 5,
        };
        Table::ALL.into_iter().map(rows).sum()
    }

    fn name(&self, file: usize) -> String {
        let Piece { table, number, count } = self.files[file];
        if count == 1 {
            return format!("{}.csv", table.name());
        }
        let width = count.to_string().len();
        format!("{}-{number:0width$}.csv", table.name())
    }

    fn generate(&self, file: usize, emit: &mut Emit<'_>) -> io::Result<()> {
        let Piece { table, number, count } = self.files[file];
        let scale = self.scale;
        match table {
            Table::Lineitem => {
                let rows = LineItemGenerator::new(scale, number, count);
                write(LineItemCsv::header(), rows.iter().map(LineItemCsv::new), emit)
            }
            Table::Orders => {
                let rows = OrderGenerator::new(scale, number, count);
                write(OrderCsv::header(), rows.iter().map(OrderCsv::new), emit)
            }
            Table::Partsupp => {
                let rows = PartSuppGenerator::new(scale, number, count);
                write(PartSuppCsv::header(), rows.iter().map(PartSuppCsv::new), emit)
            }
            Table::Customer => {
                let rows = CustomerGenerator::new(scale, number, count);
                write(CustomerCsv::header(), rows.iter().map(CustomerCsv::new), emit)
            }
            Table::Part => {
                let rows = PartGenerator::new(scale, number, count);
                write(PartCsv::header(), rows.iter().map(PartCsv::new), emit)
            }
            Table::Supplier => {
                let rows = SupplierGenerator::new(scale, number, count);
                write(SupplierCsv::header(), rows.iter().map(SupplierCsv::new), emit)
            }
            Table::Nation => {
                let rows = NationGenerator::new(scale, number, count);
                write(NationCsv::header(), rows.iter().map(NationCsv::new), emit)
            }
            Table::Region => {
                let rows = RegionGenerator::new(scale, number, count);
                write(RegionCsv::header(), rows.iter().map(RegionCsv::new), emit)
            }
        }
    }
}

/// Below this some tables would be empty.
const LEAST_SCALE: f64 = 0.001;

/// Above this the generator has other rules for keys; nobody has the disks for it either.
const LARGEST_SCALE: f64 = 10_000.0;

const MOST_FILES: usize = 10_000;

/// Text that is gathered before it is handed on.
const CHUNK_LEN_BYTES: usize = 256 * 1024;

/// Hands on a header and rows, one a line.
fn write(header: &str, rows: impl Iterator<Item = impl Display>, emit: &mut Emit<'_>) -> io::Result<()> {
    emit(header.as_bytes(), 0)?;
    emit(b"\n", 0)?;
    let mut text = String::with_capacity(CHUNK_LEN_BYTES + 1024);
    let mut unsent = 0;
    for row in rows {
        writeln!(text, "{row}").map_err(io::Error::other)?;
        unsent += 1;
        if text.len() >= CHUNK_LEN_BYTES {
            emit(text.as_bytes(), unsent)?;
            text.clear();
            unsent = 0;
        }
    }
    emit(text.as_bytes(), unsent)
}

/// Lines of all orders: how many an order has is drawn, so they are drawn once more.
fn lineitem_rows(scale: f64) -> u64 {
    let mut lines = OrderGenerator::create_line_count_random();
    let orders = OrderGenerator::calculate_row_count(scale, 1, 1);
    (0..orders)
        .map(|_| {
            let count = lines.next_value();
            lines.row_finished();
            count as u64
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(tpch: &Tpch, file: usize) -> (String, u64) {
        let (mut text, mut rows) = (Vec::new(), 0);
        tpch.generate(file, &mut |piece, count| {
            text.extend_from_slice(piece);
            rows += count;
            Ok(())
        })
        .unwrap();
        (String::from_utf8(text).unwrap(), rows)
    }

    #[test]
    fn tables_have_headers_and_as_many_rows_as_promised() {
        let tpch = Tpch::new(Options { scale: 0.001, files: 1 }).unwrap();
        let mut all = 0;
        for file in 0..tpch.files() {
            let (text, rows) = text(&tpch, file);
            assert_eq!(text.lines().count() as u64, rows + 1, "{}", tpch.name(file));
            all += rows;
        }
        assert_eq!(all, tpch.rows());
        assert_eq!(tpch.name(0), "lineitem.csv");
        let (first, _) = text(&tpch, 0);
        assert!(first.starts_with("l_orderkey,l_partkey,l_suppkey,l_linenumber,l_quantity,"), "{first:.200}");
    }

    #[test]
    fn several_files_hold_what_one_does() {
        let rows_of = |files| {
            let tpch = Tpch::new(Options { scale: 0.001, files }).unwrap();
            let mut rows = Vec::new();
            for file in (0..tpch.files()).filter(|file| tpch.name(*file).starts_with("orders")) {
                rows.extend(text(&tpch, file).0.lines().skip(1).map(str::to_owned).collect::<Vec<_>>());
            }
            rows
        };
        let one = rows_of(1);
        assert_eq!(one.len(), 1500);
        assert_eq!(rows_of(11), one);
    }

    #[test]
    fn names_of_pieces_sort_in_order() {
        let tpch = Tpch::new(Options { scale: 1.0, files: 10 }).unwrap();
        let names: Vec<String> = (0..tpch.files()).map(|file| tpch.name(file)).collect();
        assert_eq!(names.len(), 5 * 10 + 3);
        assert_eq!((names[0].as_str(), names[9].as_str()), ("lineitem-01.csv", "lineitem-10.csv"));
        assert_eq!(names[52], "region.csv");
    }

    #[test]
    fn wrong_options_are_refused() {
        let error = |scale, files| Tpch::new(Options { scale, files }).unwrap_err().to_string();
        assert_eq!(error(0.0, 1), "expected a scale from 0.001 to 10000, found 0");
        assert!(error(f64::NAN, 1).contains("found NaN"));
        assert_eq!(error(1.0, 0), "expected 1 to 10000 files, found 0");
    }
}
