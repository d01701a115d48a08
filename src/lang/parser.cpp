// Tokens in, tree out: recursive descent, one function per symbol of the grammar, which
// stands above it. Chains of one precedence ("a + b + c") are loops, so that only real
// nesting uses the stack.
//
//   tightest   ^ **                   right to left; -x^2 is -(x^2), x^-2 is x^(-2)
//              - + (signs)
//              * /                    left to right, as the next two
//              + -
//              |                      the scalar product
//   loosest    < <= > >= == !=        not chained
#include "lang/parser.h"

#include <algorithm>
#include <initializer_list>
#include <string_view>
#include <utility>

#include "lang/lexer.h"

namespace rkeops {

namespace {

using Symbols = std::initializer_list<std::string_view>;
const Symbols comparison_symbols = {"<", "<=", ">", ">=", "==", "!="};

const char* const expected_operand = "Expected a name, a number or `(`";
const char* const declaration_hint =
    "An element of `args` is a name and a type, for instance `x = Vi(3)`.";

std::string quoted(const Token& token) {
  if (token.kind == Token::Kind::end) return "the end of the text";
  return "`" + token.text + "`";
}

bool is_symbol(const Token& token, Symbols symbols) {
  return token.kind == Token::Kind::symbol &&
         std::find(symbols.begin(), symbols.end(), token.text) != symbols.end();
}

Place join(Place first, Place last) { return {first.begin, last.end}; }

Ast leaf(Ast::Kind kind, const Token& token) {
  Ast node;
  node.kind = kind;
  node.place = node.name_place = token.place;
  node.text = token.text;
  node.value = token.value;
  node.is_integer = token.is_integer;
  return node;
}

Ast unary_node(const Token& sign, Ast operand) {
  Ast node = leaf(Ast::Kind::unary, sign);
  node.place = join(sign.place, operand.place);
  node.children.push_back(std::move(operand));
  return node;
}

Ast binary_node(const Token& symbol, Ast left, Ast right) {
  Ast node = leaf(Ast::Kind::binary, symbol);
  if (node.text == "**") node.text = "^";
  node.place = join(left.place, right.place);
  node.children.reserve(2);
  node.children.push_back(std::move(left));
  node.children.push_back(std::move(right));
  return node;
}

class Parser {
 public:
  explicit Parser(const SourceText& source) : source_(source), tokens_(lex(source)) {}

  Ast formula();
  Declaration declaration();

 private:
  Ast comparison();
  Ast scalar_product();
  Ast sum();
  Ast product();
  Ast unary();
  Ast power();
  Ast primary();
  Ast call();
  Ast list();
  Ast brackets();
  Ast list_in_brackets(const Token& open, Ast first);
  Place elements(const Token& open, std::string_view close, std::vector<Ast>& elements);
  void declared_name(Declaration& declaration);
  [[noreturn]] void refuse_declared_name(size_t equals_sign) const;

  [[noreturn]] void refuse(Place place, std::string message,
                           const char* hint = nullptr) const;
  [[noreturn]] void refuse_operand() const;
  [[noreturn]] void refuse_missing_element(const Token& open) const;
  [[noreturn]] void refuse_after_operand(const Token* open) const;
  [[noreturn]] void refuse_missing_operator() const;
  [[noreturn]] void refuse_unclosed(const Token& open) const;
  void refuse_equals_sign() const;
  bool brackets_balance() const;

  const Token& peek(size_t ahead = 0) const {
    return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
  }
  const Token& previous() const { return tokens_[at_ - 1]; }
  const Token& next() { return tokens_[at_++]; }
  const Token& next_operator();
  bool at_end() const { return peek().kind == Token::Kind::end; }
  bool at(Symbols symbols) const { return is_symbol(peek(), symbols); }
  bool at_call() const {
    return peek().kind == Token::Kind::name && is_symbol(peek(1), {"("});
  }

  const SourceText& source_;
  const std::vector<Token> tokens_;
  size_t at_ = 0;
  int nesting_ = 0;
  int operators_ = 0;
};

// formula = comparison
Ast Parser::formula() {
  if (at_end()) refuse(peek().place, "The formula is empty.");
  Ast tree = comparison();
  if (!at_end()) refuse_after_operand(nullptr);
  return tree;
}

// comparison = scalar_product [("<" | "<=" | ">" | ">=" | "==" | "!=") scalar_product]
Ast Parser::comparison() {
  Ast left = scalar_product();
  if (!at(comparison_symbols)) return left;
  const Token& symbol = next_operator();
  left = binary_node(symbol, std::move(left), scalar_product());
  if (at(comparison_symbols)) {
    refuse(peek().place,
           "Comparisons cannot be chained: " + quoted(peek()) + " follows " +
               quoted(symbol) + ".",
           "Write \"a < b and b < c\" as `(a < b) * (b < c)`.");
  }
  return left;
}

// scalar_product = sum {"|" sum}
Ast Parser::scalar_product() {
  Ast left = sum();
  while (at({"|"})) {
    const Token& symbol = next_operator();
    left = binary_node(symbol, std::move(left), sum());
  }
  return left;
}

// sum = product {("+" | "-") product}
Ast Parser::sum() {
  Ast left = product();
  while (at({"+", "-"})) {
    const Token& symbol = next_operator();
    left = binary_node(symbol, std::move(left), product());
  }
  return left;
}

// product = unary {("*" | "/") unary}
Ast Parser::product() {
  Ast left = unary();
  while (at({"*", "/"})) {
    const Token& symbol = next_operator();
    left = binary_node(symbol, std::move(left), unary());
  }
  return left;
}

// unary = ("-" | "+") unary | power
Ast Parser::unary() {
  // Whatever nests comes through here, so this is where the depth is counted.
  if (++nesting_ > deepest_nesting) {
    refuse(peek().place, "Brackets, signs and powers are nested more than " +
                             std::to_string(deepest_nesting) + " deep.");
  }
  const Token* sign = at({"-", "+"}) ? &next() : nullptr;
  Ast tree = sign != nullptr ? unary_node(*sign, unary()) : power();
  --nesting_;
  return tree;
}

// power = primary [("^" | "**") unary]
Ast Parser::power() {
  Ast base = primary();
  if (!at({"^", "**"})) return base;
  const Token& symbol = next_operator();
  return binary_node(symbol, std::move(base), unary());
}

// primary = number | name | call | list | brackets
Ast Parser::primary() {
  if (peek().kind == Token::Kind::number) return leaf(Ast::Kind::number, next());
  if (at_call()) return call();
  if (peek().kind == Token::Kind::name) return leaf(Ast::Kind::name, next());
  if (at({"["})) return list();
  if (at({"("})) return brackets();
  refuse_operand();
}

// call = name "(" elements ")"
// Ind = "Ind(" elements ")" is the list of rkeops 1.x.
Ast Parser::call() {
  const Token& name = next();
  Ast tree = leaf(name.text == "Ind" ? Ast::Kind::list : Ast::Kind::call, name);
  tree.place = join(name.place, elements(next(), ")", tree.children));
  return tree;
}

// list = "[" elements "]"
Ast Parser::list() {
  const Token& open = next();
  Ast tree = leaf(Ast::Kind::list, open);
  tree.place = join(open.place, elements(open, "]", tree.children));
  return tree;
}

// brackets = "(" comparison ")" | "(" elements [","] ")"
// The second is a list in Python, and so in formulas of rkeops 2.x. The place of the tree
// includes the brackets, so that carets under it show what the user grouped.
Ast Parser::brackets() {
  const Token& open = next();
  if (at({")"})) refuse(join(open.place, peek().place), "These brackets are empty.");
  if (at_end()) refuse_unclosed(open);
  Ast tree = comparison();
  if (at({","}) && brackets_balance()) return list_in_brackets(open, std::move(tree));
  if (!at({")"})) refuse_after_operand(&open);
  tree.place = join(open.place, next().place);
  return tree;
}

Ast Parser::list_in_brackets(const Token& open, Ast first) {
  Ast tree = leaf(Ast::Kind::list, open);
  tree.children.push_back(std::move(first));
  next();
  if (at({")"})) {
    tree.place = join(open.place, next().place);
    return tree;
  }
  tree.place = join(open.place, elements(open, ")", tree.children));
  return tree;
}

// elements = [comparison {"," comparison}], read up to the closing bracket, whose place
// is returned.
Place Parser::elements(const Token& open, std::string_view close,
                       std::vector<Ast>& elements) {
  bool another = !at({close});
  while (another) {
    if (at_end()) refuse_unclosed(open);
    if (at({",", close})) refuse_missing_element(open);
    elements.push_back(comparison());
    another = at({","});
    if (another) next();
  }
  if (!at({close})) refuse_after_operand(&open);
  return next().place;
}

// declaration = [name "="] call
Declaration Parser::declaration() {
  if (at_end())
    refuse(peek().place, "This element of `args` is empty.", declaration_hint);
  Declaration declaration;
  declared_name(declaration);
  if (!at_call() || peek().text == "Ind") {
    refuse(peek().place, "Expected a type such as `Vi(3)`, found " + quoted(peek()) + ".",
           declaration_hint);
  }
  declaration.type = call();
  if (!at_end()) {
    refuse(peek().place,
           "Expected nothing behind the type, found " + quoted(peek()) + ".",
           declaration_hint);
  }
  return declaration;
}

void Parser::declared_name(Declaration& declaration) {
  size_t stop = 0;
  while (!is_symbol(tokens_[stop], {"=", "("}) && tokens_[stop].kind != Token::Kind::end)
    ++stop;
  if (!is_symbol(tokens_[stop], {"="})) return;
  if (stop != 1 || peek().kind != Token::Kind::name) refuse_declared_name(stop);
  declaration.name = peek().text;
  declaration.name_place = peek().place;
  at_ = 2;
}

// rkeops 2.x allowed names such as "x-1" and "2x", which its formulas could then not tell
// from a difference and a product.
void Parser::refuse_declared_name(size_t equals_sign) const {
  if (equals_sign == 0) {
    refuse(peek().place, "A name is missing before `=`.", declaration_hint);
  }
  const Place place = join(peek().place, tokens_[equals_sign - 1].place);
  for (size_t k = 0; k < equals_sign; ++k) {
    if (!is_symbol(tokens_[k], {"-"})) continue;
    refuse(place, "This name contains a `-`, which a formula reads as a minus.",
           "Use `_` or `.` instead.");
  }
  refuse(place, "This is not a name.",
         "A name is a letter, `_` or `.`, then letters, digits, `_` and `.`.");
}

void Parser::refuse(Place place, std::string message, const char* hint) const {
  std::vector<std::string> hints;
  if (hint != nullptr) hints.emplace_back(hint);
  throw formula_error(source_, place, std::move(message), std::move(hints));
}

// An operand should start here, and does not.
void Parser::refuse_operand() const {
  refuse_equals_sign();
  const std::string where = at_ == 0 ? " at the start" : " after " + quoted(previous());
  refuse(peek().place, expected_operand + where + ", found " + quoted(peek()) + ".");
}

void Parser::refuse_missing_element(const Token& open) const {
  const std::string what = open.text == "[" ? "An element" : "An argument";
  const std::string where = &previous() == &open ? "before" : "after";
  refuse(peek().place, what + " is missing " + where + " `,`.");
}

// An expression ends here; `open` is the innermost bracket around it, if any.
void Parser::refuse_after_operand(const Token* open) const {
  refuse_equals_sign();
  if (!at({")", "]", ","}) && !at_end()) refuse_missing_operator();
  if (open != nullptr && (!at({","}) || !brackets_balance())) refuse_unclosed(*open);
  if (at({","})) {
    refuse(peek().place,
           "A `,` can only stand between the arguments of a call or in a list.");
  }
  refuse(peek().place, "There is no opening bracket for this " + quoted(peek()) + ".");
}

void Parser::refuse_missing_operator() const {
  refuse(peek().place,
         "An operator is missing between " + quoted(previous()) + " and " +
             quoted(peek()) + ".",
         at({"["}) ? "Write the first element of a vector as `Elem(x, 0)`."
                   : "Did you forget `*`?");
}

void Parser::refuse_unclosed(const Token& open) const {
  const std::string close = open.text == "(" ? "`)`" : "`]`";
  const std::string found =
      at_end() ? "." : ": " + quoted(peek()) + " comes before its " + close + ".";
  refuse(open.place, "This " + quoted(open) + " is never closed" + found);
}

void Parser::refuse_equals_sign() const {
  if (!at({"="})) return;
  refuse(peek().place, "`=` cannot stand in a formula.",
         "Write a comparison as `==`; the arguments of a call have no names.");
}

bool Parser::brackets_balance() const {
  std::string open;
  for (const Token& token : tokens_) {
    if (is_symbol(token, {"(", "["})) open += token.text;
    if (!is_symbol(token, {")", "]"})) continue;
    if (open.empty() || (open.back() == '(') != (token.text == ")")) return false;
    open.pop_back();
  }
  return open.empty();
}

const Token& Parser::next_operator() {
  if (++operators_ > most_operators) {
    refuse(peek().place,
           "There are more than " + std::to_string(most_operators) + " operators.",
           "Let a reduction sum the terms, instead of writing each of them.");
  }
  return next();
}

}  // namespace

Ast parse_formula(const SourceText& source) { return Parser(source).formula(); }

Declaration parse_declaration(const SourceText& source) {
  return Parser(source).declaration();
}

}  // namespace rkeops
