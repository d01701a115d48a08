#include "run/account.h"

#include <unordered_map>

namespace rkeops {

namespace {

// Before anything has been compiled: a usual formula on a usual machine. It weighs as
// much as one that was.
double total_seconds = 0.5;
int compiled = 1;

std::optional<Error> untold_failure;
std::optional<Error> last_failure;
int ended_generation = -1;

}  // namespace

std::shared_ptr<Account> account_of(const std::string& code) {
  static std::unordered_map<std::string, std::shared_ptr<Account>> accounts;
  std::shared_ptr<Account>& account = accounts[code];
  if (!account) account = std::make_shared<Account>();
  return account;
}

double expected_compile_seconds() { return total_seconds / compiled; }

void note_compile_seconds(double seconds) {
  total_seconds += seconds;
  ++compiled;
}

void note_compile_failure(const Error& error, const Settings& settings, bool ends_all) {
  untold_failure.emplace(error);
  if (!ends_all) return;
  last_failure.emplace(error);
  ended_generation = settings.generation;
}

const Error* end_of_compiling(const Settings& settings) {
  return ended_generation == settings.generation ? &*last_failure : nullptr;
}

std::optional<Error> new_compile_failure() {
  std::optional<Error> failure;
  if (untold_failure) failure.emplace(*untold_failure);
  untold_failure.reset();
  return failure;
}

}  // namespace rkeops
