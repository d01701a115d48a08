#include "ir/ops_rows.h"

#include "base/diagnostic.h"
#include "ir/formula_text.h"

namespace rkeops {

RowHeader::RowHeader(const std::string& header) {
  const size_t open = header.find('(');
  name = header.substr(0, open);
  for (size_t begin = open + 1; header[begin] != ')';) {
    const size_t end = header.find_first_of(",)", begin);
    const std::string argument = header.substr(begin, end - begin);
    const size_t space = argument.find(' ');
    const std::string type = space == std::string::npos ? "" : argument.substr(0, space);
    if (type == "int")
      integers.push_back(argument.substr(space + 1));
    else if (type == "list")
      lists.push_back(argument.substr(space + 1));
    else
      formulas.push_back(argument);
    begin = header.compare(end, 2, ", ") == 0 ? end + 2 : end;
  }
}

namespace {

// NaN where an argument that decides about the result is.
Expr with_missing_arguments(const std::string& name, const std::vector<size_t>& arguments,
                            const DefinitionArguments& a) {
  const Operation& own = *find_operation(name, a.children.size() + a.integers.size());
  Expr value = a.graph->apply(own, a.children, a.integers);
  for (auto k = arguments.rbegin(); k != arguments.rend(); ++k) {
    const Expr argument = a[*k];
    const bool is_known =
        argument->kind == NodeKind::constant && argument->value == argument->value;
    if (!is_known) value = call("IfKnown", {argument, value});
  }
  return value;
}

}  // namespace

Row::Row(const std::string& header, Form form) {
  RowHeader read(header);
  row_.name = std::move(read.name);
  row_.arguments = std::move(read.formulas);
  row_.integer_arguments = std::move(read.integers);
  row_.list_arguments = std::move(read.lists);
  row_.form = form;
}

Row& Row::dimensions(const char* words, DimensionRule rule) {
  row_.dimensions = words;
  row_.dimension = std::move(rule);
  return *this;
}

Row& Row::documentation(const char* text) {
  row_.documentation = text;
  return *this;
}

Row& Row::derivative(const char* text) {
  row_.derivative = text;
  return *this;
}

Row& Row::example(const char* formula) {
  row_.example = formula;
  return *this;
}

Row& Row::also(std::vector<std::string> names) {
  row_.other_names = std::move(names);
  return *this;
}

Row& Row::infix(const char* symbol, int precedence) {
  row_.infix = symbol;
  row_.precedence = precedence;
  return *this;
}

Row& Row::in_r(std::vector<std::string> names) {
  row_.names_in_r = std::move(names);
  return *this;
}

Row& Row::takes(Numbers numbers) {
  row_.takes = numbers;
  return *this;
}

Row& Row::gives(Numbers numbers) {
  row_.gives = numbers;
  return *this;
}

Row& Row::unit(UnitRule rule) {
  row_.unit = rule;
  return *this;
}

Row& Row::codes(CodeRule rule) {
  row_.codes = rule;
  return *this;
}

Row& Row::loses_digits(const char* where) {
  row_.digits = where;
  return *this;
}

Row& Row::is_fragile() {
  row_.is_fragile = true;
  return *this;
}

Row& Row::code(const char* code) {
  row_.code = code;
  const bool is_call =
      row_.form == Form::routine || row_.code.find('(') != std::string::npos;
  return cost(is_call ? cost_of_function : cost_of_arithmetic);
}

Row& Row::cost(int of_component) {
  row_.cost = of_component;
  return *this;
}

Row& Row::start(double value) {
  row_.start = value;
  return *this;
}

Row& Row::placement(std::function<Placement(const Integers&)> rule) {
  row_.placement = std::move(rule);
  return *this;
}

Row& Row::optional_lists(int count) {
  row_.optional_lists = count;
  return *this;
}

Row& Row::value(std::function<double(const double*)> function) {
  row_.evaluate = std::move(function);
  return *this;
}

Row& Row::value(double (*function)(double)) {
  return value([function](const double* a) { return function(a[0]); });
}

Row& Row::partial(std::function<Expr(const Arguments&)> rule) {
  return partials([rule](const Arguments& a) { return Parts{rule(a)}; });
}

Row& Row::partials(std::function<Parts(const Arguments&)> rule) {
  row_.partials = std::move(rule);
  return *this;
}

Row& Row::adjoints(std::function<Parts(const Arguments&)> rule) {
  row_.adjoints = std::move(rule);
  return *this;
}

Row& Row::hides_missing(std::vector<size_t> arguments) {
  row_.with_missing = [name = row_.name, arguments](const DefinitionArguments& a) {
    return with_missing_arguments(name, arguments, a);
  };
  return *this;
}

Row& Row::has_pair_function() {
  row_.has_pair_function = true;
  return *this;
}

Row& Row::is_interpreted(std::function<bool(const Children&)> condition) {
  row_.is_interpreted = std::move(condition);
  return *this;
}

Row& Row::interval(IntervalRule rule) {
  row_.interval = std::move(rule);
  return *this;
}

Row& Row::analytic(ComplexRule rule) {
  row_.complex_interval = rule;
  return *this;
}

const char* const lost_by_exponentials =
    "those of large f: an error of f is as large beside the result; Expm1(x) is "
    "Exp(x) - 1";

Row unary(const std::string& header, const char* code) {
  return elementwise(header, code);
}

Row elementwise(const std::string& header, const char* code) {
  return Row(header, Form::elementwise).code(code);
}

Row linear(const std::string& header, Form form) { return Row(header, form); }

Row define(const std::string& header,
           std::function<Expr(const DefinitionArguments&)> meaning) {
  Row row(header, Form::definition);
  row.row_.definition = std::move(meaning);
  return row.derivative("by its definition");
}

Row define(const std::string& header, const std::string& text, NamedParts parts) {
  const Operation row = Row(header, Form::definition);
  return define(header,
                meaning_of(text, row.arguments, row.integer_arguments, std::move(parts)));
}

namespace {

const Operation& row_before(const Rows& rows, const std::string& name) {
  for (const Operation& row : rows)
    if (row.name == name && row.form != Form::definition) return row;
  throw internal_error("there is no operation " + name);
}

}  // namespace

const IntervalRule& interval_of(const Rows& rows, const std::string& name) {
  return row_before(rows, name).interval;
}

ComplexRule analytic_of(const Rows& rows, const std::string& name) {
  return row_before(rows, name).complex_interval;
}

}  // namespace rkeops
