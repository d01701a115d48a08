// Errors of the package. Every error a user can meet is thrown as an `Error`; the glue in
// rkeops.cpp turns it into an R condition of class `rkeops_error_<kind>`.
#pragma once

#include <exception>
#include <string>
#include <vector>

namespace rkeops {

/// Who has to act, and so the class of the R condition.
enum class ErrorKind {
  formula,      // the text of a formula or of `args`
  shape,        // an input of wrong dimension, length or number of rows
  argument,     // any other wrong argument
  compile,      // no compiler, a broken one, or generated code it refuses
  cache,        // the folder of compiled libraries: disk full, not writable, not private
  gpu,          // no device, no driver, no memory on it, a failed launch
  interrupted,  // the user pressed Ctrl-C
  internal      // a bug of the package
};

/// The name in the class of the R condition: "formula", "shape", ...
const char* error_kind_name(ErrorKind kind);

class Error : public std::exception {
 public:
  /// `message` says what is wrong in one sentence; `details` are shown word for word (a
  /// formula with a caret, lines of a compiler); `hints` say what to do, one sentence
  /// each.
  Error(ErrorKind kind, std::string message, std::vector<std::string> details = {},
        std::vector<std::string> hints = {});

  const char* what() const noexcept override { return message.c_str(); }

  const ErrorKind kind;
  const std::string message;
  const std::vector<std::string> details;
  const std::vector<std::string> hints;
};

/// A text the user wrote, and what to call it in a message ("formula", "args[2]").
struct SourceText {
  std::string text;
  std::string label;
};

/// A stretch [begin, end) of bytes of a SourceText.
struct Place {
  int begin = 0;
  int end = 0;
};

/// An error of kind `formula` whose details show the text with carets under `place`:
///   Sum_Reduction(Expo(x), 0)
///                 ^^^^
Error formula_error(const SourceText& source, Place place, std::string message,
                    std::vector<std::string> hints = {});

/// A bug of the package: kind `internal`, with the request to report it.
Error internal_error(const std::string& message);

/// The nearest of `known` to `name` by edit distance (case ignored), or "" when none is
/// near.
std::string nearest_name(const std::string& name, const std::vector<std::string>& known);

}  // namespace rkeops
