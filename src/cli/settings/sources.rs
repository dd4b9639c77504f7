//! The settings of `sources` and `sources learn`.

use camino::Utf8PathBuf;

use super::super::args::{LearnArgs, SourcesArgs, SourcesVerb};
use super::super::error::{self, Problem};
use super::{Input, Settings};
use crate::data_source::own::is_name;
use crate::diagnostic::Diagnostic;

/// The settings of `sources`.
#[derive(Debug, Clone)]
pub enum SourcesSettings {
    /// List all of them.
    List,
    /// Show the one of this name.
    Show(String),
    /// Learn one from a recording.
    Learn(LearnSettings),
}

/// The settings of `sources learn`.
#[derive(Debug, Clone)]
pub struct LearnSettings {
    /// The recording.
    pub input: Input,
    /// The recording, as the file that is written names it.
    pub recording: String,
    /// The name of the data source.
    pub name: String,
    /// Where the source goes: a file that may be replaced, absolute; standard output without.
    pub output: Option<Utf8PathBuf>,
}

impl Settings {
    /// What the options of `sources` mean.
    pub fn sources(&self, args: &SourcesArgs) -> Result<SourcesSettings, Box<Problem>> {
        Ok(match (&args.verb, &args.name) {
            (Some(SourcesVerb::Learn(args)), _) => SourcesSettings::Learn(self.learn(args)?),
            (None, Some(name)) => SourcesSettings::Show(name.clone()),
            (None, None) => SourcesSettings::List,
        })
    }

    fn learn(&self, args: &LearnArgs) -> Result<LearnSettings, Box<Problem>> {
        let output = args.output.as_ref().filter(|output| *output != "-");
        let output = output.map(|output| self.working_directory.join(output));
        if let Some(path) = &output
            && self.files.exists(path)
            && !args.overwrite
        {
            let message = format!("`{}` exists", self.files.name(path));
            let diagnostic = Diagnostic::error(&error::FILE_EXISTS, message);
            return Err(Problem::usage(diagnostic.help("`--overwrite` replaces it")));
        }
        let name = match &args.name {
            Some(name) => checked(name)?,
            None => of_recording(&args.file),
        };
        let (input, recording) = match args.file.as_str() {
            "-" => (Input::Standard, "standard input"),
            file => (Input::File(self.typed(file)), file),
        };
        Ok(LearnSettings {
            input,
            recording: recording.to_owned(),
            name,
            output,
        })
    }
}

/// The name that was typed, if a data source may have it.
fn checked(name: &str) -> Result<String, Box<Problem>> {
    if is_name(name) {
        return Ok(name.to_owned());
    }
    let message = format!("`{name}` is no name of a data source");
    let help = "a name has lower-case letters, digits and `_`: `acme_proxy`";
    Err(Problem::usage(
        Diagnostic::error(&error::BAD_NAME, message).help(help),
    ))
}

/// The name of a recording without its directory and endings, as a data source may have it.
fn of_recording(file: &str) -> String {
    let file = file.rsplit(['/', '\\']).next().unwrap_or("");
    let stem = file.split('.').next().unwrap_or("").to_lowercase();
    let stem: String = stem
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect();
    let stem = stem.trim_matches('_');
    if is_name(stem) { stem } else { "learnt" }.to_owned()
}
