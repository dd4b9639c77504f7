//! `trapline diff --captures`: compares the changed rules on recordings.

use std::num::NonZero;

use super::super::Console;
use super::super::interrupt;
use super::super::progress::Bar;
use super::scan_inputs::CliInputs;
use crate::compile::ExceptionLists;
use crate::data_source::Catalogue;
use crate::rule_diff::recordings::{self, Pair, Recordings, Rules};
use crate::scan::Options;

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
        rows: inputs.row_memory(),
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
