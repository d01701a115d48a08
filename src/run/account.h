// Rent or buy: how long each formula has been interpreted in this session, what compiling
// one costs, and whether it can be done at all. All on the main thread.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/diagnostic.h"
#include "operator/settings.h"

namespace rkeops {

/// Seconds a kernel has been interpreted.
struct Account {
  double spent = 0;
  int refused_generation = -1;  // of the settings with which it could not be compiled
};

/// The account of a source without_comments(): the same for all operators that share it.
std::shared_ptr<Account> account_of(const std::string& code);

/// Compiling a formula probably takes the mean of what it took in this session.
double expected_compile_seconds();
void note_compile_seconds(double seconds);

/// Compiling failed, or using the cache, where the formula can be interpreted instead. It
/// is told to the user once; `ends_all`: nothing more is compiled until settings change.
void note_compile_failure(const Error& error, const Settings& settings, bool ends_all);

/// The failure with which compiling ended under these settings, or nullptr.
const Error* end_of_compiling(const Settings& settings);

/// A failure since the last question.
std::optional<Error> new_compile_failure();

}  // namespace rkeops
