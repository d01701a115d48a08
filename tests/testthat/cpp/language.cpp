// Tests of src/lang and src/base/diagnostic: text in, printed tree or printed error out.
// Prints one line
// "<name> ok" or "<name> FAIL" a case; the exit status is 1 when a case failed.
//
//   g++ -std=c++17 -I src tests/testthat/cpp/language.cpp src/base/diagnostic.cpp
//   src/lang/*.cpp
#include <algorithm>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "base/diagnostic.h"
#include "lang/lexer.h"
#include "lang/parser.h"

using namespace rkeops;

namespace {

int failures = 0;

void expect_equal(const std::string& name, const std::string& actual,
                  const std::string& expected) {
  const bool ok = actual == expected;
  std::string shown = name;
  std::replace_if(
      shown.begin(), shown.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  std::printf("%s %s\n", shown.c_str(), ok ? "ok" : "FAIL");
  if (ok) return;
  ++failures;
  std::printf("--- expected\n%s\n--- actual\n%s\n---\n", expected.c_str(),
              actual.c_str());
}

void expect_true(const std::string& name, bool ok) {
  expect_equal(name, ok ? "true" : "false", "true");
}

std::string join(const std::vector<std::string>& parts, const std::string& separator) {
  std::string all;
  for (const std::string& part : parts) all += (all.empty() ? "" : separator) + part;
  return all;
}

// Trees: "-x^2" is "(- (^ x 2))", "f(a, b)" is "(f a b)", "[3, 2]" is "[3 2]".
std::string print_number(const Ast& tree) {
  char digits[40];
  std::snprintf(digits, sizeof digits, "%.17g", tree.value);
  return std::string(digits) + (tree.is_integer ? "" : "d");
}

std::string print(const Ast& tree) {
  std::vector<std::string> parts;
  for (const Ast& child : tree.children) parts.push_back(print(child));
  switch (tree.kind) {
    case Ast::Kind::number:
      return print_number(tree);
    case Ast::Kind::name:
      return tree.text;
    case Ast::Kind::list:
      return "[" + join(parts, " ") + "]";
    default:
      break;
  }
  parts.insert(parts.begin(), tree.text);
  return "(" + join(parts, " ") + ")";
}

// Errors: kind, message, the details, then the hints behind "> ".
std::string print(const Error& error) {
  std::string text = std::string(error_kind_name(error.kind)) + ": " + error.what();
  for (const std::string& detail : error.details) text += "\n" + detail;
  for (const std::string& hint : error.hints) text += "\n> " + hint;
  return text;
}

std::string outcome(const std::function<std::string()>& work) {
  try {
    return work();
  } catch (const Error& error) {
    return print(error);
  }
}

std::string formula(const std::string& text) {
  return outcome([&] { return print(parse_formula({text, "formula"})); });
}

std::string declaration(const std::string& text) {
  return outcome([&] {
    const Declaration declared = parse_declaration({text, "args[2]"});
    return (declared.name.empty() ? "" : declared.name + " = ") + print(declared.type);
  });
}

struct Case {
  const char* text;
  const char* expected;
};

void expect_formulas(const char* group, const std::vector<Case>& cases) {
  for (const Case& one : cases) {
    expect_equal(std::string(group) + ": " + one.text, formula(one.text), one.expected);
  }
}

// A text of one line where "~" stands before and behind what the carets must mark.
struct ErrorCase {
  const char* marked;
  const char* message;
  const char* hint = nullptr;
};

void expect_errors(const char* group, std::string (*subject)(const std::string&),
                   const std::string& label, const std::vector<ErrorCase>& cases) {
  for (const ErrorCase& one : cases) {
    std::string text = one.marked;
    const size_t begin = text.find('~');
    text.erase(begin, 1);
    const size_t end = text.find('~');
    text.erase(end, 1);
    const std::string carets = std::string(label.size() + 2 + begin, ' ') +
                               std::string(std::max<size_t>(end - begin, 1), '^');
    const std::string hint = one.hint == nullptr ? "" : std::string("\n> ") + one.hint;
    expect_equal(std::string(group) + ": " + text, subject(text),
                 std::string("formula: ") + one.message + "\n" + label + ": " + text +
                     "\n" + carets + hint);
  }
}

void test_precedence() {
  expect_formulas("precedence", {{"x", "x"},
                                 {"a+b*c", "(+ a (* b c))"},
                                 {"a*b+c", "(+ (* a b) c)"},
                                 {"a-b-c", "(- (- a b) c)"},
                                 {"a-(b-c)", "(- a (- b c))"},
                                 {"a/b/c*d", "(* (/ (/ a b) c) d)"},
                                 {"a^b^c", "(^ a (^ b c))"},
                                 {"a**b^c", "(^ a (^ b c))"},
                                 {"(a^b)^c", "(^ (^ a b) c)"},
                                 {"-x^2", "(- (^ x 2))"},
                                 {"(-x)^2", "(^ (- x) 2)"},
                                 {"x^-2", "(^ x (- 2))"},
                                 {"x^-y^2", "(^ x (- (^ y 2)))"},
                                 {"-x*y", "(* (- x) y)"},
                                 {"x*-y", "(* x (- y))"},
                                 {"a - -b", "(- a (- b))"},
                                 {"--x", "(- (- x))"},
                                 {"+x", "(+ x)"},
                                 {"x|y+z", "(| x (+ y z))"},
                                 {"x|y|z", "(| (| x y) z)"},
                                 {"(x|y)*z", "(* (| x y) z)"},
                                 {"a|b < c+d", "(< (| a b) (+ c d))"},
                                 {"a<=b", "(<= a b)"},
                                 {"a>=b", "(>= a b)"},
                                 {"a>b", "(> a b)"},
                                 {"a==b", "(== a b)"},
                                 {"a!=b", "(!= a b)"},
                                 {"(a<b)<c", "(< (< a b) c)"},
                                 {"x<-1", "(< x (- 1))"}});
}

void test_primaries() {
  expect_formulas("primary",
                  {{"Exp(x)", "(Exp x)"},
                   {"f()", "(f)"},
                   {"Vi(3)", "(Vi 3)"},
                   {"Var(0,3,1)", "(Var 0 3 1)"},
                   {"[3, 2]", "[3 2]"},
                   {"[]", "[]"},
                   {"Ind(3,2)", "[3 2]"},
                   {"Ind", "Ind"},
                   {"TensorDot(a, b, [2,-2], Ind(1), [], [x+1])",
                    "(TensorDot a b [2 (- 2)] [1] [] [(+ x 1)])"},
                   {" Sum_Reduction (\n Exp( -s * SqDist(x,y) )\t* b,\r\n 0 ) ",
                    "(Sum_Reduction (* (Exp (* (- s) (SqDist x y))) b) 0)"},
                   {".x_1.b", ".x_1.b"},
                   {"((((x))))", "x"}});
}

const char* const forgot = "Did you forget `*`?";
const char* const equals_hint =
    "Write a comparison as `==`; the arguments of a call have no names.";

void test_numbers() {
  expect_formulas("number", {{"2", "2"},
                             {"0.5", "0.5d"},
                             {".5", "0.5d"},
                             {"2.", "2d"},
                             {"1e3", "1000d"},
                             {"1e-3", "0.001d"},
                             {"1.5E+2", "150d"},
                             {"1e-400", "0d"},
                             {"2L", "2"},
                             {"1e3L", "1000"},
                             {"1.7976931348623157e308", "1.7976931348623157e+308d"},
                             {"f(2L,.5,1.)", "(f 2 0.5d 1d)"},
                             {"2-1", "(- 2 1)"},
                             {"2e-1-1", "(- 0.20000000000000001d 1)"}});
  expect_errors(
      "number", formula, "formula",
      {{"~1.2.3~", "`1.2.3` is not a number."},
       {"x+~2e~", "The exponent of `2e` has no digits.",
        "Write an exponent as `1e-3`, a product with `e` as `2 * e`."},
       {"~1e400~", "`1e400` is too large for a number in double precision."},
       {"~1.5L~", "`1.5L` is not an integer."},
       {"2~Lambda~", "An operator is missing between `2` and `Lambda`.", forgot},
       {"2~exp~(x)", "An operator is missing between `2` and `exp`.", forgot}});
}

void test_places() {
  const std::string text = "Exp( -(a+b) ) * c^2";
  const Ast tree = parse_formula({text, "formula"});
  const auto under = [&](Place place) {
    return text.substr(static_cast<size_t>(place.begin),
                       static_cast<size_t>(place.end - place.begin));
  };
  const Ast& call = tree.children[0];
  const Ast& minus = call.children[0];
  expect_equal("place: whole", under(tree.place), text);
  expect_equal("place: operator", under(tree.name_place), "*");
  expect_equal("place: call", under(call.place), "Exp( -(a+b) )");
  expect_equal("place: callee", under(call.name_place), "Exp");
  expect_equal("place: unary", under(minus.place), "-(a+b)");
  expect_equal("place: sign", under(minus.name_place), "-");
  expect_equal("place: brackets", under(minus.children[0].place), "(a+b)");
  expect_equal("place: power", under(tree.children[1].place), "c^2");
}

void test_bracket_errors() {
  const char* comma =
      "A `,` can only stand between the arguments of a call or in a list.";
  expect_errors("brackets", formula, "formula",
                {{"Sum_Reduction(~(~x|y, 1)",
                  "This `(` is never closed: `,` comes before its `)`."},
                 {"Sum_Reduction~(~x|y, 1", "This `(` is never closed."},
                 {"Exp~(~x,", "This `(` is never closed."},
                 {"2*~(~", "This `(` is never closed."},
                 {"f(~[~3, 2)", "This `[` is never closed: `)` comes before its `]`."},
                 {"~(~x]", "This `(` is never closed: `]` comes before its `)`."},
                 {"Exp(x)~)~", "There is no opening bracket for this `)`."},
                 {"x~]~", "There is no opening bracket for this `]`."},
                 {"2*~()~", "These brackets are empty."},
                 {"x~,~ y", comma}});
}

void test_operand_errors() {
  const char* equals = "`=` cannot stand in a formula.";
  expect_errors(
      "operand", formula, "formula",
      {{"~~", "The formula is empty."},
       {"~~   ", "The formula is empty."},
       {"x +~~  ",
        "Expected a name, a number or `(` after `+`, found the end of the text."},
       {"x + ~*~ y", "Expected a name, a number or `(` after `+`, found `*`."},
       {"~/~ y", "Expected a name, a number or `(` at the start, found `/`."},
       {"~)~", "Expected a name, a number or `(` at the start, found `)`."},
       {"f(~,~x)", "An argument is missing before `,`."},
       {"f(x,~)~", "An argument is missing after `,`."},
       {"[3,~,~2]", "An element is missing after `,`."},
       {"x ~y~", "An operator is missing between `x` and `y`.", forgot},
       {"a*(b)~(~c)", "An operator is missing between `)` and `(`.", forgot},
       {"x~[~1]", "An operator is missing between `x` and `[`.",
        "Write the first element of a vector as `Elem(x, 0)`."},
       {"a < b ~<=~ c", "Comparisons cannot be chained: `<=` follows `<`.",
        "Write \"a < b and b < c\" as `(a < b) * (b < c)`."},
       {"Sum_Reduction(x, axis ~=~ 0)", equals, equals_hint},
       {"x ~=~ 1", equals, equals_hint}});
}

const std::string dollar_hint =
    "A formula knows only the names declared in `args`: pass the column as an input.";

void expect_foreign(const std::vector<std::string>& symbols, const std::string& hint) {
  for (const std::string& symbol : symbols) {
    const bool is_ascii = static_cast<unsigned char>(symbol[0]) < 0x80;
    const std::string carets(is_ascii ? symbol.size() : 1, '^');
    expect_equal("foreign: " + symbol, formula("x " + symbol + " y"),
                 "formula: `" + symbol +
                     "` is not part of the formula language.\n"
                     "formula: x " +
                     symbol + " y\n           " + carets + "\n> " + hint);
  }
}

void test_foreign_symbols() {
  const char* product =
      "Write a matrix-vector product as `MatVecMult(A, b)`, a scalar product as `(x | "
      "y)`.";
  expect_foreign({"$"}, dollar_hint);
  expect_foreign({"%*%", "@"}, product);
  expect_foreign({"&", "&&"}, "Write \"a and b\" of two conditions as `a * b`.");
  expect_foreign({"||"},
                 "Write \"a or b\" of two conditions as `1 - (1 - a) * (1 - b)`.");
  expect_foreign({"!"}, "Write \"not a\" of a condition as `1 - a`.");
  expect_foreign({"%%"}, "Write the remainder as `Mod(x, y, 0)`.");
  expect_foreign({"//"}, "Write a quotient rounded down as `Floor(x / y)`.");
  expect_foreign({":"}, "Write a list out: `[1, 2, 3]`.");
  expect_foreign({";"}, "Separate arguments by `,`.");
  expect_foreign({"{", "}"}, "Use round brackets.");
  expect_foreign({"\"", "'", "`", "\u201C", "\u201D", "\u2018", "\u2019"},
                 "Names and numbers stand without quotes.");
  expect_foreign({"\u2212", "\u2013"}, "Write a minus as `-`.");
  expect_foreign({"\u00D7", "\u00B7"}, "Write a product as `*`.");
  expect_foreign({"\u00F7"}, "Write a quotient as `/`.");
  expect_foreign({"\u2264"}, "Write \"less or equal\" as `<=`.");
  expect_foreign({"\u2265"}, "Write \"greater or equal\" as `>=`.");
  expect_foreign({"\u2260"}, "Write \"not equal\" as `!=`.");
  expect_foreign({"\u00A0"}, "This is a no-break space: write a plain blank.");
}

void test_other_characters() {
  const std::string message =
      "formula: This character is not part of the formula language.\n";
  const std::string hint =
      "\n> Names are made of letters without accents (a-z, A-Z), digits, `_` and `.`.";
  const auto expect = [&](const char* name, const std::string& text,
                          const std::string& shown) {
    expect_equal(std::string("character: ") + name, formula(text),
                 message + shown + hint);
  };
  expect("#", "x # y", "formula: x # y\n           ^");
  expect("percent", "x %in% y", "formula: x %in% y\n           ^");
  expect("accent", "Exp(\u00E9t\u00E9)", "formula: Exp(\u00E9t\u00E9)\n             ^");
  expect("four bytes", "x+\U0001D6FC", "formula: x+\U0001D6FC\n           ^");
  expect("latin1", "a + \xE9 + b", "formula: a + ? + b\n             ^");
  expect("overlong", "a\xC0\xAF", "formula: a??\n          ^^");
  expect("control", "a + \x01", "formula: a + ?\n             ^");
  expect("nul", std::string("a+\0b", 4), "formula: a+?b\n           ^");
}

void test_shown_line() {
  const auto shown = [](const std::string& text, Place place, const std::string& label) {
    return "\n" + join(formula_error({text, label}, place, "").details, "\n");
  };
  expect_equal("line: one", shown("a + b", {4, 5}, "formula"), R"(
formula: a + b
             ^)");
  expect_equal("line: second", shown("f(a\n  +\tbc,\n d)", {8, 10}, "formula"), R"(
formula, line 2:   + bc,
                     ^^)");
  expect_equal("line: over the end", shown("f(a,\n b)", {0, 8}, "formula"), R"(
formula, line 1: f(a,
                 ^^^^)");
  expect_equal("line: accents", shown("\u00E9 + \u03B1 * x", {8, 9}, "\u00E9t\u00E9"),
               "\n\u00E9t\u00E9: \u00E9 + \u03B1 * x\n           ^");
  expect_equal("line: place outside", shown("x", {-5, 99}, "formula"), R"(
formula: x
         ^)");
  const std::string x39(39, 'x'), x60(60, 'x');
  expect_equal("line: window", shown(x60 + "+$+" + x60 + x60, {61, 62}, "formula"),
               "\nformula: ..." + x39 + "+$+" + x60.substr(2) + "...\n" +
                   std::string(52, ' ') + "^");
  expect_equal("line: window at the end", shown(x60 + x60 + "+", {121, 121}, "formula"),
               "\nformula: ..." + x60 + x39 + "+\n" + std::string(112, ' ') + "^");
}

void test_errors_over_lines() {
  expect_formulas("lines", {{"x\ny",
                             "formula: An operator is missing between `x` and `y`.\n"
                             "formula, line 2: y\n"
                             "                 ^\n"
                             "> Did you forget `*`?"},
                            {"2*(\n)",
                             "formula: These brackets are empty.\n"
                             "formula, line 1: 2*(\n"
                             "                   ^"},
                            {"f(\n\n",
                             "formula: This `(` is never closed.\n"
                             "formula, line 1: f(\n"
                             "                  ^"}});
}

std::string repeat(const std::string& text, int times) {
  std::string all;
  for (int k = 0; k < times; ++k) all += text;
  return all;
}

int height(const Ast& tree) {
  int highest = 0;
  for (const Ast& child : tree.children) highest = std::max(highest, height(child));
  return highest + 1;
}

void test_limits() {
  const auto height_of = [](const std::string& text) {
    return height(parse_formula({text, "formula"}));
  };
  expect_true("limit: 10,000 terms", height_of("a" + repeat("+a", 9999)) == 10000);
  expect_true("limit: most operators",
              height_of("a" + repeat("*a", most_operators)) == 12001);
  const std::string nested = repeat("Exp(", 999) + "x" + repeat(")", 999);
  expect_true("limit: deepest calls", height_of(nested) == deepest_nesting);
  expect_true("limit: deepest signs",
              height_of(repeat("-", 999) + "x") == deepest_nesting);
  expect_true("limit: deepest powers",
              height_of(repeat("x^", 999) + "x") == deepest_nesting);

  const std::string too_deep =
      "formula: Brackets, signs and powers are nested more than 1000 deep.";
  for (const char* opening : {"(", "Exp(", "[", "-", "x^", "f(x,-2^["}) {
    const std::string message = formula(repeat(opening, 100000));
    expect_equal(std::string("limit: too deep ") + opening,
                 message.substr(0, message.find('\n')), too_deep);
  }
  const std::string message = formula("a" + repeat("+a", 100000));
  expect_equal("limit: too many operators", message.substr(0, message.find('\n')),
               "formula: There are more than 12000 operators.");
}

void test_declarations() {
  expect_equal("declaration: dimension", declaration("x = Vi(3)"), "x = (Vi 3)");
  expect_equal("declaration: blanks", declaration(" x=Vj( 0 , 3 ) "), "x = (Vj 0 3)");
  expect_equal("declaration: no name", declaration("Var(0,3,1)"), "(Var 0 3 1)");
  const Declaration declared = parse_declaration({"  xy = Vi(3)", "args[1]"});
  expect_true("declaration: place",
              declared.name_place.begin == 2 && declared.name_place.end == 4);

  const char* hint =
      "An element of `args` is a name and a type, for instance `x = Vi(3)`.";
  const std::vector<std::vector<std::string>> no_type = {
      {"~x~", "`x`."},       {"x =~~", "the end of the text."}, {"x = ~3~", "`3`."},
      {"x = ~Vi~", "`Vi`."}, {"x = ~Ind~(3)", "`Ind`."},        {"~x~ <- Vi(3)", "`x`."}};
  for (const auto& one : no_type) {
    const std::string message = "Expected a type such as `Vi(3)`, found " + one[1];
    expect_errors("declaration", declaration, "args[2]",
                  {{one[0].c_str(), message.c_str(), hint}});
  }
  expect_errors(
      "declaration", declaration, "args[2]",
      {{"~~", "This element of `args` is empty.", hint},
       {"~=~ Vi(3)", "A name is missing before `=`.", hint},
       {"x = Vi(3) ~+~ 1", "Expected nothing behind the type, found `+`.", hint},
       {"x = Vi~(~3", "This `(` is never closed."},
       {"Vi(dim ~=~ 3)", "`=` cannot stand in a formula.", equals_hint},
       {"~x-1~ = Vi(3)", "This name contains a `-`, which a formula reads as a minus.",
        "Use `_` or `.` instead."},
       {"~2x~ = Vi(3)", "This is not a name.",
        "A name is a letter, `_` or `.`, then letters, digits, `_` and `.`."}});
}

void test_nearest_name() {
  const std::vector<std::string> known = {"Exp", "SqDist", "Sum_Reduction", "x", "y1"};
  const std::vector<std::vector<std::string>> cases = {
      {"Expo", "Exp"}, {"exp", "Exp"},
      {"Epx", "Exp"},  {"sqdsit", "SqDist"},
      {"Squared", ""}, {"z", ""},
      {"X", "x"},      {"y", "y1"},
      {"Cosine", ""},  {"SumReducton", "Sum_Reduction"},
      {"", ""}};
  for (const auto& one : cases) {
    expect_equal("nearest: " + one[0], nearest_name(one[0], known), one[1]);
  }
  expect_equal("nearest: none known", nearest_name("x", {}), "");
  expect_equal("nearest: the nearer", nearest_name("Maxx", {"Mix", "Max"}), "Max");
}

void test_errors() {
  expect_equal(
      "internal error", print(internal_error("No such node.")),
      "internal: No such node.\n> This is a bug of rkeops. Please report it, with the "
      "call that led to it: `bug.report(package = \"rkeops\")`.");
  const std::vector<ErrorKind> kinds = {
      ErrorKind::formula, ErrorKind::shape, ErrorKind::argument,    ErrorKind::compile,
      ErrorKind::cache,   ErrorKind::gpu,   ErrorKind::interrupted, ErrorKind::internal};
  std::vector<std::string> names;
  for (const ErrorKind kind : kinds) names.emplace_back(error_kind_name(kind));
  expect_equal("error kinds", join(names, " "),
               "formula shape argument compile cache gpu interrupted internal");
}

}  // namespace

int main() {
  test_precedence();
  test_primaries();
  test_numbers();
  test_places();
  test_bracket_errors();
  test_operand_errors();
  test_foreign_symbols();
  test_other_characters();
  test_shown_line();
  test_errors_over_lines();
  test_limits();
  test_declarations();
  test_nearest_name();
  test_errors();
  return failures == 0 ? 0 : 1;
}
