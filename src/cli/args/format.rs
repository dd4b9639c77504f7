//! `--format` of `test`: a report format with the file that it goes to.

use std::str::FromStr;

use camino::Utf8PathBuf;

/// `json` or `json=report.json`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormatArg {
    /// Which format.
    pub format: Format,
    /// Where to write it; standard output if not given.
    pub file: Option<Utf8PathBuf>,
}

/// A report format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Human,
    /// For programs.
    Json,
    /// For the test results of CI systems.
    Junit,
    /// For code scanning.
    Sarif,
    /// For annotations of a pull request.
    Github,
    /// For the summary of a job.
    Markdown,
    /// A page for a browser.
    Html,
}

/// Why a value of `--format` cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadFormat {
    /// Nothing behind the `=`.
    #[error("expected a file name after `=`")]
    NoFile,
    /// Another word.
    #[error("the formats are human, json, junit, sarif, github, markdown and html")]
    Unknown,
}

impl FromStr for FormatArg {
    type Err = BadFormat;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (word, file) = match text.split_once('=') {
            Some((_, "")) => return Err(BadFormat::NoFile),
            Some((word, file)) => (word, Some(Utf8PathBuf::from(file))),
            None => (text, None),
        };
        let format = match word {
            "human" => Format::Human,
            "json" => Format::Json,
            "junit" => Format::Junit,
            "sarif" => Format::Sarif,
            "github" => Format::Github,
            "markdown" => Format::Markdown,
            "html" => Format::Html,
            _ => return Err(BadFormat::Unknown),
        };
        Ok(Self { format, file })
    }
}
