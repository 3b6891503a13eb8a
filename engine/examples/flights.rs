//! The questions of the dataframe section of the Dask tutorial that Swath answers, over a folder of
//! flights, asked together: each file is read once.
//!
//! ```sh
//! cargo run -p swath --example flights -- 'datasets/flights/*.csv.bz2'
//! ```

use std::error::Error;

use swath::prelude::*;

fn main() -> Result<(), Box<dyn Error>> {
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/../datasets/flights/*.csv.bz2");
    let files = std::env::args().nth(1).unwrap_or_else(|| sample.to_owned());
    print!("{}", report(&files)?);
    Ok(())
}

/// Delays of all flights, and the mean delay by destination of United's flights from Newark.
fn report(files: &str) -> Result<String, swath::Error> {
    let air = swath::read_csv(files)
        .encoding("latin1")
        .with_type("Distance", Float64)
        .with_type("CRSElapsedTime", Float64)
        .with_type("TailNum", Text)
        .with_type("CancellationCode", Text)
        .null_values(["NA"])
        .scan()?;

    // The tutorial asks for flights from SFO, of which the sample has none.
    let sub = air.filter(col("UniqueCarrier").eq("UA").and(col("Origin").eq("EWR")));
    let by_dest = sub.group_by(["Dest"]).mean("DepDelay").sort(["Dest"]).head(5);

    // Nothing has been read but the heads of the files. Now all of it is computed in one read.
    let (longest, shortest, rows, by_dest) =
        swath::compute((air.max("DepDelay"), air.min("DepDelay"), air.count(), by_dest))?;

    let by_dest = swath::from_batches(by_dest)?.to_table(5)?;
    Ok(format!(
        "{rows} flights, departing from {} to {} minutes late\n{by_dest}\n",
        shortest.unwrap_or(f64::NAN),
        longest.unwrap_or(f64::NAN),
    ))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_sample_gives_what_its_readme_says() {
        let files = concat!(env!("CARGO_MANIFEST_DIR"), "/../datasets/flights/*.csv.bz2");
        let report = super::report(files).unwrap();
        assert!(report.starts_with("336776 flights, departing from -43 to 1301 minutes late\n"), "{report}");
        for row in
            ["| ANC  | 12.875 ", "| ATL  | 15.786", "| AUS  | 14.915", "| BDL  | 25.714", "| BOS  | 13.439"]
        {
            assert!(report.contains(row), "{report}");
        }
    }
}
