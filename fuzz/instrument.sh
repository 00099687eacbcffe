#!/bin/sh
# Stands before rustc (RUSTC_WRAPPER) and has LLVM count the code that is reached, in this project's
# own crates alone: their dependencies are taken as they were built for the program. Counters, a table of
# places and compared values are what libFuzzer is led by; stable rustc passes the options on.
rustc=$1
shift
case " $* " in
*' --crate-name canteend '* | *' --crate-name canteend_fuzz '*)
    exec "$rustc" "$@" --cfg fuzzing -Cpasses=sancov-module \
        -Cllvm-args=-sanitizer-coverage-level=4 \
        -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
        -Cllvm-args=-sanitizer-coverage-pc-table \
        -Cllvm-args=-sanitizer-coverage-trace-compares
    ;;
*) exec "$rustc" "$@" ;;
esac
