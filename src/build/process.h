// Starts another program, as an argument vector never through a shell, and waits.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace rkeops {

/// The exit status is not known: the process that loaded us ignores the end of its
/// children.
constexpr int unknown_status = -1;

struct ProcessResult {
  int status =
      unknown_status;  // exit status; 128 + signal number when killed by a signal
  std::string
      output;  // standard output and standard error as they came, the first megabyte
  bool started = false;  // false: `output` says why the program could not be started
};

/// Runs `arguments[0]` (looked up on the PATH when it has no slash) with nothing on its
/// standard input and English messages. `interrupted` is asked about every 50 ms; when it
/// says true the program and all it started are ended and an Error of kind `interrupted`
/// is thrown.
ProcessResult run_process(const std::vector<std::string>& arguments,
                          const std::function<bool()>& interrupted = {});

}  // namespace rkeops
