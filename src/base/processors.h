// Loops that are compiled once for each instruction set of the processor.
#pragma once

// The compiler makes the function once for each of these, and asks the processor when it
// starts. Linux has what that needs; clang knows it from version 14 on.
#if defined(__x86_64__) && defined(__linux__) &&      \
    ((defined(__clang__) && __clang_major__ >= 14) || \
     (defined(__GNUC__) && !defined(__clang__)))
#define RKEOPS_FOR_EACH_PROCESSOR __attribute__((target_clones("avx2", "default")))
#else
#define RKEOPS_FOR_EACH_PROCESSOR
#endif
