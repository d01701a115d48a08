// Text in, tokens out. Nothing here depends on the locale, because a decimal comma in R's
// session must not change what a formula means. What other languages write but this one
// does not (`&&`, `%*%`, quotes, a typographic minus) is looked up in a table that knows
// what to write instead.
#include "lang/lexer.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <locale>
#include <sstream>
#include <string_view>
#include <utility>

namespace rkeops {

namespace {

// The longest first, so that "<=" is not read as "<" and "=".
constexpr std::string_view symbols[] = {"**", "<=", ">=", "==", "!=", "+", "-",
                                        "*",  "/",  "^",  "|",  "<",  ">", "(",
                                        ")",  "[",  "]",  ",",  "="};

struct ForeignSymbol {
  std::string_view text;
  const char* hint;
};

constexpr const char* use_minus = "Write a minus as `-`.";
constexpr const char* use_times = "Write a product as `*`.";
constexpr const char* no_quotes = "Names and numbers stand without quotes.";
constexpr const char* use_product =
    "Write a matrix-vector product as `MatVecMult(A, b)`, a scalar product as `(x | y)`.";
constexpr const char* use_and = "Write \"a and b\" of two conditions as `a * b`.";

// The longest first. The last ones are what word processors and web pages make of a
// formula.
constexpr ForeignSymbol foreign_symbols[] = {
    {"%*%", use_product},
    {"%%", "Write the remainder as `Mod(x, y, 0)`."},
    {"//", "Write a quotient rounded down as `Floor(x / y)`."},
    {"&&", use_and},
    {"||", "Write \"a or b\" of two conditions as `1 - (1 - a) * (1 - b)`."},
    {"&", use_and},
    {"@", use_product},
    {"!", "Write \"not a\" of a condition as `1 - a`."},
    {"$",
     "A formula knows only the names declared in `args`: pass the column as an input."},
    {":", "Write a list out: `[1, 2, 3]`."},
    {";", "Separate arguments by `,`."},
    {"{", "Use round brackets."},
    {"}", "Use round brackets."},
    {"\"", no_quotes},
    {"'", no_quotes},
    {"`", no_quotes},
    {"\u201C", no_quotes},
    {"\u201D", no_quotes},
    {"\u2018", no_quotes},
    {"\u2019", no_quotes},
    {"\u2212", use_minus},
    {"\u2013", use_minus},
    {"\u00D7", use_times},
    {"\u00B7", use_times},
    {"\u00F7", "Write a quotient as `/`."},
    {"\u2264", "Write \"less or equal\" as `<=`."},
    {"\u2265", "Write \"greater or equal\" as `>=`."},
    {"\u2260", "Write \"not equal\" as `!=`."},
    {"\u00A0", "This is a no-break space: write a plain blank."},
};

bool is_blank(char c) {
  return std::string_view(" \t\n\r\f\v").find(c) != std::string_view::npos;
}
bool is_digit(char c) { return '0' <= c && c <= '9'; }
bool is_name_start(char c) {
  return ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z') || c == '_' || c == '.';
}
bool is_name_part(char c) { return is_name_start(c) || is_digit(c); }

class Lexer {
 public:
  explicit Lexer(const SourceText& source) : source_(source), text_(source.text) {}

  std::vector<Token> tokens();

 private:
  void number();
  void name();
  [[noreturn]] void refuse_second_point(size_t begin);
  bool exponent(size_t begin);
  bool integer_suffix();
  double value_of(size_t begin) const;
  void symbol();
  Token& add(Token::Kind kind, size_t begin);
  [[noreturn]] void refuse_character();

  // "\0" behind the end, which is no part of any word.
  char peek(size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  Place from(size_t begin) const {
    return {static_cast<int>(begin), static_cast<int>(at_)};
  }
  std::string quoted(size_t begin) const {
    return "`" + std::string(text_.substr(begin, at_ - begin)) + "`";
  }
  void skip_digits() {
    while (is_digit(peek())) ++at_;
  }

  const SourceText& source_;
  const std::string_view text_;
  size_t at_ = 0;
  std::vector<Token> tokens_;
};

// text = {blank | number | name | symbol}
std::vector<Token> Lexer::tokens() {
  while (at_ < text_.size()) {
    if (is_blank(peek())) {
      ++at_;
    } else if (is_digit(peek()) || (peek() == '.' && is_digit(peek(1)))) {
      number();
    } else if (is_name_start(peek())) {
      name();
    } else {
      symbol();
    }
  }
  at_ = tokens_.empty() ? 0 : static_cast<size_t>(tokens_.back().place.end);
  add(Token::Kind::end, at_);
  return std::move(tokens_);
}

// name = (letter | "_" | ".") {letter | digit | "_" | "."}
void Lexer::name() {
  const size_t begin = at_;
  while (is_name_part(peek())) ++at_;
  add(Token::Kind::name, begin);
}

// number = (digits ["." [digits]] | "." digits) [exponent] ["L"]
void Lexer::number() {
  const size_t begin = at_;
  skip_digits();
  bool is_integer = peek() != '.';
  if (!is_integer) ++at_;
  skip_digits();
  if (exponent(begin)) is_integer = false;
  if (peek() == '.') refuse_second_point(begin);

  const double value = value_of(begin);
  if (integer_suffix()) {
    is_integer = value == std::floor(value);
    if (!is_integer) {
      throw formula_error(source_, from(begin), quoted(begin) + " is not an integer.");
    }
  }
  Token& token = add(Token::Kind::number, begin);
  token.value = value;
  token.is_integer = is_integer;
}

// exponent = ("e" | "E") ["+" | "-"] digits
bool Lexer::exponent(size_t begin) {
  if (peek() != 'e' && peek() != 'E') return false;
  const size_t sign = peek(1) == '+' || peek(1) == '-' ? 1 : 0;
  if (is_digit(peek(1 + sign))) {
    at_ += 1 + sign;
    skip_digits();
    return true;
  }
  // In "2exp" the "e" begins a name: that an operator is missing is for the parser to
  // say.
  if (is_name_part(peek(1))) return false;
  at_ += 1;
  throw formula_error(source_, from(begin),
                      "The exponent of " + quoted(begin) + " has no digits.",
                      {"Write an exponent as `1e-3`, a product with `e` as `2 * e`."});
}

void Lexer::refuse_second_point(size_t begin) {
  while (is_name_part(peek())) ++at_;
  throw formula_error(source_, from(begin), quoted(begin) + " is not a number.");
}

// The "L" of R's integers; but "2Lambda" is a number and a name.
bool Lexer::integer_suffix() {
  if (peek() != 'L' || is_name_part(peek(1))) return false;
  ++at_;
  return true;
}

// A number too small for double precision is 0, as in R; one too large would become Inf,
// which nobody who writes digits means.
double Lexer::value_of(size_t begin) const {
  std::istringstream digits(std::string(text_.substr(begin, at_ - begin)));
  digits.imbue(std::locale::classic());
  double value = 0;
  digits >> value;
  if (digits.fail() && value >= std::numeric_limits<double>::max()) {
    throw formula_error(
        source_, from(begin),
        quoted(begin) + " is too large for a number in double precision.");
  }
  return value;
}

void Lexer::symbol() {
  const std::string_view rest = text_.substr(at_);
  const auto begins_rest = [&](std::string_view symbol) {
    return rest.substr(0, symbol.size()) == symbol;
  };
  const auto* found = std::find_if(std::begin(symbols), std::end(symbols), begins_rest);
  const size_t length = found == std::end(symbols) ? 0 : found->size();
  for (const ForeignSymbol& foreign : foreign_symbols) {
    // "||" is foreign although "|" is not; "!=" is not although "!" is.
    if (foreign.text.size() <= length || !begins_rest(foreign.text)) continue;
    const size_t begin = std::exchange(at_, at_ + foreign.text.size());
    throw formula_error(source_, from(begin),
                        quoted(begin) + " is not part of the formula language.",
                        {foreign.hint});
  }
  if (length == 0) refuse_character();
  const size_t begin = std::exchange(at_, at_ + length);
  add(Token::Kind::symbol, begin);
}

// The character is shown by the caret only: as part of the message, a broken one could
// not be printed.
void Lexer::refuse_character() {
  const size_t begin = at_;
  const auto is_continued = [&] {
    return (static_cast<unsigned char>(peek()) & 0xC0) == 0x80;
  };
  do {
    ++at_;
  } while (is_continued() && at_ - begin < 4);
  throw formula_error(
      source_, from(begin), "This character is not part of the formula language.",
      {"Names are made of letters without accents (a-z, A-Z), digits, `_` and `.`."});
}

Token& Lexer::add(Token::Kind kind, size_t begin) {
  Token token;
  token.kind = kind;
  token.place = from(begin);
  token.text = std::string(text_.substr(begin, at_ - begin));
  tokens_.push_back(std::move(token));
  return tokens_.back();
}

}  // namespace

std::vector<Token> lex(const SourceText& source) { return Lexer(source).tokens(); }

}  // namespace rkeops
