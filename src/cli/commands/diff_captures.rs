//! `trapline diff --captures`: finds the recordings and compares the changed rules on them.

use std::num::NonZero;

use super::super::Console;
use super::super::error::{self, Problem};
use super::super::interrupt;
use super::super::progress::Bar;
use super::super::settings::Settings;
use super::scan_inputs::CliInputs;
use crate::compile::ExceptionLists;
use crate::data_source::Catalogue;
use crate::diagnostic::Diagnostic;
use crate::rule_diff::recordings::{self, Pair, Recordings, Rules};
use crate::scan::Options;

/// The recordings that were typed, found before anything long is begun.
pub(super) fn find<'s>(
    settings: &'s Settings,
    typed: &[String],
) -> Result<CliInputs<'s>, Box<Problem>> {
    if typed.iter().any(|typed| typed == "-") {
        let message = "`--captures` reads a recording more than once, which standard input is not";
        let diagnostic = Diagnostic::error(&error::MISSING, message);
        return Err(Problem::usage(
            diagnostic.help("write it to a file, and name the file"),
        ));
    }
    CliInputs::new(settings, typed, interrupt::stop())
}

/// Runs both versions of the rules over them, with the exception lists of the older and the newer
/// side.
pub(super) fn compare(
    inputs: &CliInputs<'_>,
    pairs: &[Pair<'_>],
    lists: [&ExceptionLists; 2],
    catalogues: [&Catalogue; 2],
    console: &Console,
) -> Recordings {
    let bar = Bar::new(inputs.size(), console.err_terminal());
    let options = Options {
        threads: std::thread::available_parallelism().map_or(1, NonZero::get),
        ..Options::default()
    };
    let mut progress = |stats: &crate::scan::Stats| {
        bar.set(inputs.read(), |_| format!("{} events", stats.events));
    };
    let stop = interrupt::stop();
    let rules = Rules {
        pairs,
        lists,
        catalogues,
    };
    let found = recordings::compare(&rules, inputs, &options, stop, &mut progress);
    bar.clear();
    found
}
