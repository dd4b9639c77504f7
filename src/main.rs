//! Runs the command line and exits with its code.

/// Faster than most systems' own where threads make many small values: documents and their fields.
#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    trapline::run_command_line(std::env::args_os())
}
