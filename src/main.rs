//! Parse, run, exit code; nothing else.

fn main() -> std::process::ExitCode {
    trapline::cli::run(std::env::args_os()).into()
}
