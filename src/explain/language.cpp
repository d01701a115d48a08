#include "explain/language.h"

#include "ir/ops.h"
#include "ir/reductions.h"

namespace rkeops {

namespace {

using Strings = std::vector<std::string>;

std::string joined(const Strings& strings) {
  std::string text;
  for (const std::string& one : strings) text += (text.empty() ? "" : ", ") + one;
  return text;
}

LanguageRow row_of(const Operation& row) {
  Strings arguments = row.arguments;
  for (const Strings* more : {&row.integer_arguments, &row.list_arguments}) {
    arguments.insert(arguments.end(), more->begin(), more->end());
  }
  return {row.name,
          joined(row.other_names),
          joined(arguments),
          row.dimensions,
          row.documentation,
          row.derivative,
          "",
          row.example};
}

LanguageRow row_of(const Reduction& row) {
  Strings arguments(row.arguments.begin(),
                    row.arguments.begin() + !row.arguments.empty());
  arguments.insert(arguments.end(), row.integer_arguments.begin(),
                   row.integer_arguments.end());
  Strings values;
  if (!row.arguments.empty()) values.push_back("SqDist(x, y)");
  for (size_t k = 0; k < row.integer_arguments.size(); ++k) values.push_back("3");
  if (row.arguments.size() > 1) {
    arguments.push_back(row.arguments[1]);
    values.push_back("b");
  }
  arguments.push_back("axis");
  values.push_back("0");
  Strings others;
  for (const std::string& other : row.other_names) others.push_back(other + "_Reduction");
  const std::string name = row.name + "_Reduction";
  return {name,
          joined(others),
          joined(arguments),
          row.dimensions,
          row.documentation,
          row.derivative,
          row.empty,
          name + "(" + joined(values) + ")"};
}

}  // namespace

std::vector<LanguageRow> language_rows(bool of_reductions) {
  std::vector<LanguageRow> rows;
  if (of_reductions) {
    for (const Reduction& row : reductions()) rows.push_back(row_of(row));
  } else {
    for (const Operation& row : operations()) rows.push_back(row_of(row));
  }
  return rows;
}

}  // namespace rkeops
