// The two tables as a page of documentation, and as what R knows of operations.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace rkeops {

/// The columns of a row by their names. Both tables have those of formula_language();
/// those behind them are what R asks for an operation, or for a reduction.
using LanguageRow = std::vector<std::pair<const char*, std::string>>;

/// The rows of the table of operations, or of reductions, in the order of the table.
std::vector<LanguageRow> language_rows(bool of_reductions);

}  // namespace rkeops
