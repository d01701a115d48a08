// The two tables as a page of documentation.
#pragma once

#include <string>
#include <vector>

namespace rkeops {

struct LanguageRow {
  std::string name;       // as it is written in formulas
  std::string also;       // other spellings
  std::string arguments;  // their names
  std::string dimensions;
  std::string definition;
  std::string derivative;
  std::string empty;    // reductions: the result when there is nothing to reduce
  std::string example;  // a formula of the variables that ir/ops_rows.h names
};

/// The rows of the table of operations, or of reductions, in the order of the table.
std::vector<LanguageRow> language_rows(bool of_reductions);

}  // namespace rkeops
