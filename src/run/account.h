// Rent or buy: how long each formula has been interpreted in this session, and what
// compiling one costs. All on the main thread.
#pragma once

#include <memory>
#include <string>

namespace rkeops {

/// Seconds a kernel has been interpreted.
struct Account {
  double spent = 0;
};

/// The account of a generated source: the same for all operators that share it.
std::shared_ptr<Account> account_of(const std::string& source);

/// What compiling a formula probably takes: the mean of what it took in this session.
double expected_compile_seconds();
void note_compile_seconds(double seconds);

}  // namespace rkeops
