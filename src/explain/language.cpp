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

const char* word(Numbers numbers) {
  switch (numbers) {
    case Numbers::complex:
      return "complex";
    case Numbers::real_and_complex:
      return "real and complex";
    case Numbers::logical:
      return "logical";
    case Numbers::real:
      break;
  }
  return "real";
}

const char* word(UnitRule rule) {
  switch (rule) {
    case UnitRule::keeps:
      return "keeps";
    case UnitRule::multiplies:
      return "multiplies";
    case UnitRule::divides:
      return "divides";
    case UnitRule::drops:
      break;
  }
  return "drops";
}

const char* word(CodeRule rule) {
  switch (rule) {
    case CodeRule::takes:
      return "takes";
    case CodeRule::equates:
      return "equates";
    case CodeRule::orders:
      return "orders";
    case CodeRule::refuses:
      break;
  }
  return "refuses";
}

const char* word(ResultKind kind) {
  switch (kind) {
    case ResultKind::places:
      return "places";
    case ResultKind::values_and_places:
      return "values and places";
    case ResultKind::place_parts:
      return "parts of places";
    case ResultKind::entries:
      return "entries";
    case ResultKind::truths:
      return "logical";
    case ResultKind::values:
      break;
  }
  return "values";
}

const char* word(Wanted wanted) {
  return wanted == Wanted::smallest  ? "smallest"
         : wanted == Wanted::largest ? "largest"
                                     : "all";
}

LanguageRow row_of(const Operation& row) {
  Strings arguments = row.arguments;
  for (const Strings* more : {&row.integer_arguments, &row.list_arguments}) {
    arguments.insert(arguments.end(), more->begin(), more->end());
  }
  return {{"name", row.name},
          {"also", joined(row.other_names)},
          {"arguments", joined(arguments)},
          {"dimensions", row.dimensions},
          {"takes", word(row.takes)},
          {"gives", word(row.gives)},
          {"definition", row.documentation},
          {"derivative", row.derivative},
          {"digits", row.digits},
          {"empty", ""},
          {"example", row.example},
          {"formulas", std::to_string(row.arguments.size())},
          {"infix", row.infix},
          {"in_r", joined(row.names_in_r)},
          {"unit", word(row.unit)},
          {"codes", word(row.codes)}};
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
  return {{"name", name},
          {"also", joined(others)},
          {"arguments", joined(arguments)},
          {"dimensions", row.dimensions},
          {"takes", row.is_linear ? "real and complex" : "real"},
          {"gives", word(row.result)},
          {"definition", row.documentation},
          {"derivative", row.derivative},
          {"digits", ""},
          {"empty", row.empty},
          {"example", name + "(" + joined(values) + ")"},
          {"wanted", word(row.wanted)},
          {"stays", row.stays_on_gpu ? "yes" : "no"}};
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
