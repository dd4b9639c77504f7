//! The settings of `review`.

use super::super::args::ReviewArgs;
use super::super::error::{self, Problem};
use super::Settings;
use crate::diagnostic::Diagnostic;

/// The settings of `review`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReviewSettings {
    /// Ask for a decision on each change; list them where nobody can answer.
    Ask,
    /// List the changes.
    List,
    /// Show the changes of a KEY.
    Show(String),
    /// Accept and reject the changes of these KEYs.
    Decide {
        /// What to accept.
        accept: Vec<String>,
        /// What to reject.
        reject: Vec<String>,
    },
}

impl Settings {
    /// What the options of `review` mean.
    pub fn review(&self, args: &ReviewArgs) -> Result<ReviewSettings, Box<Problem>> {
        if !args.accept.is_empty() || !args.reject.is_empty() {
            if self.ci {
                let message = "`review` decides nothing while `CI` is set";
                let diagnostic = Diagnostic::error(&error::CI_ACCEPTS_NOTHING, message);
                return Err(Problem::usage(
                    diagnostic.help("review at home and commit the snapshot"),
                ));
            }
            return Ok(ReviewSettings::Decide {
                accept: args.accept.clone(),
                reject: args.reject.clone(),
            });
        }
        Ok(match &args.show {
            Some(key) => ReviewSettings::Show(key.clone()),
            None if args.list || self.ci => ReviewSettings::List,
            None => ReviewSettings::Ask,
        })
    }
}
