//! Parse, run, exit code; nothing else.

fn main() -> std::process::ExitCode {
    trapline::run_command_line(std::env::args_os())
}
