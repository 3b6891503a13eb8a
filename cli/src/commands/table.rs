//! What commands over tables have in common: the files, and how answers are written.

use swath::{FileContent, OptionValue, SourceFile};

use crate::args::{AnswerArgs, Job};
use crate::report::Report;
use crate::views::Views;

/// Files as a table, and how what is asked of it is answered.
#[derive(Debug, clap::Args)]
pub struct TableArgs {
    /// Paths and globs of CSV files; quote globs, so that the shell leaves them alone
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<String>,

    /// The files hold lines of text: one column, line
    #[arg(long)]
    lines: bool,

    #[command(flatten)]
    pub answer: AnswerArgs,
}

impl TableArgs {
    /// The job to answer a question about the table, which is given as it is written after FROM.
    ///
    /// # Errors
    /// Wrong usage.
    pub fn into_job(mut self, question: impl FnOnce(&str) -> String) -> Result<Job, Report> {
        let table = self.take_table()?;
        self.answer.into_job(vec![question(&table)], Views::default())
    }

    /// The paths, for people.
    pub fn title(&self) -> String {
        self.paths.join(", ")
    }

    /// The files as texts of SQL, as the column filename has them, without standard input: what that is called depends on what it is.
    ///
    /// # Errors
    /// A path that leads to no file.
    pub fn file_names(&self) -> Result<Vec<String>, Report> {
        let paths = self.paths.iter().filter(|path| *path != swath::STANDARD_INPUT);
        let files = swath::list_files(paths.cloned().collect::<Vec<_>>())?;
        let name = |file: &SourceFile| OptionValue::Text(file.path.display().to_string()).to_string();
        Ok(files.iter().map(name).collect())
    }

    /// The table as it is written after FROM.
    ///
    /// # Errors
    /// Wrong usage.
    fn take_table(&mut self) -> Result<String, Report> {
        let content = if self.lines { FileContent::Text } else { FileContent::Csv };
        let options = self.answer.take_read_options()?;
        Ok(swath::table_sql(content, std::mem::take(&mut self.paths), options)?)
    }
}
