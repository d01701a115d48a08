#include "input_order.h"

#include "base/diagnostic.h"

namespace rkeops {

namespace {

std::string listed_names(const std::vector<Argument>& arguments) {
  std::string names;
  for (const Argument& argument : arguments) {
    names += (names.empty() ? "" : ", ") +
             (argument.name.empty() ? "an unnamed one" : argument.name);
  }
  return names;
}

// "" for what has no name; empty where nothing has one.
std::vector<std::string> given_names(SEXP input) {
  const SEXP given = Rf_getAttrib(input, R_NamesSymbol);
  std::vector<std::string> names;
  bool any = false;
  for (R_xlen_t k = 0; given != R_NilValue && k < Rf_xlength(given); ++k) {
    const SEXP name = STRING_ELT(given, k);
    // R would jump for what is no text
    const bool is_text = Rf_getCharCE(name) != CE_BYTES;
    names.push_back(is_text ? Rf_translateCharUTF8(name) : CHAR(name));
    any = any || !names.back().empty();
  }
  return any ? names : std::vector<std::string>();
}

Error unknown_argument(const std::vector<Argument>& arguments, const std::string& name) {
  std::vector<std::string> known;
  for (const Argument& argument : arguments) known.push_back(argument.name);
  std::string nearest = nearest_name(name, known);
  if (nearest.empty()) nearest = nearest_name(name, {"inner_dim", "nx", "ny"});
  std::vector<std::string> hints = {"Its arguments are " + listed_names(arguments) + "."};
  if (!nearest.empty()) hints.insert(hints.begin(), "Did you mean `" + nearest + "`?");
  return Error(ErrorKind::argument, "The operator has no argument `" + name + "`.", {},
               hints);
}

size_t position_named(const std::vector<Argument>& arguments, const std::string& name) {
  size_t position = 0;
  while (position < arguments.size() && arguments[position].name != name) ++position;
  if (position == arguments.size()) throw unknown_argument(arguments, name);
  return position;
}

std::vector<SEXP> by_names(const std::vector<Argument>& arguments, SEXP input,
                           const std::vector<std::string>& names) {
  std::vector<SEXP> values(arguments.size(), nullptr);
  bool all_named = true;
  for (size_t k = 0; k < names.size(); ++k) {
    all_named = all_named && !names[k].empty();
    if (names[k].empty()) continue;
    SEXP& value = values[position_named(arguments, names[k])];
    if (value) {
      throw Error(ErrorKind::argument, "The input `" + names[k] + "` is given twice.");
    }
    value = VECTOR_ELT(input, R_xlen_t(k));
  }
  if (!all_named) {
    throw Error(ErrorKind::argument, "`input` names some inputs and not others.", {},
                {"Name all inputs by their arguments, or none."});
  }
  for (size_t k = 0; k < values.size(); ++k) {
    if (values[k]) continue;
    const std::string& name = arguments[k].name;
    throw Error(ErrorKind::shape, name.empty()
                                      ? "Input " + std::to_string(k + 1) +
                                            " has no name: give the inputs in order."
                                      : "The input `" + name + "` is missing.");
  }
  return values;
}

}  // namespace

std::vector<SEXP> in_order(const std::vector<Argument>& arguments, SEXP input) {
  if (TYPEOF(input) != VECSXP || Rf_inherits(input, "data.frame")) {
    throw Error(ErrorKind::argument,
                "`input` must be a list with a matrix for each argument.");
  }
  const std::vector<std::string> names = given_names(input);
  if (!names.empty()) return by_names(arguments, input, names);
  const size_t count = size_t(Rf_xlength(input));
  if (count != arguments.size()) {
    std::vector<std::string> hints;
    if (count < arguments.size() && !arguments[count].name.empty())
      hints.push_back("`" + arguments[count].name + "` is missing.");
    throw Error(ErrorKind::shape,
                "The operator takes " + std::to_string(arguments.size()) +
                    (arguments.size() == 1 ? " input" : " inputs") + " (" +
                    listed_names(arguments) + "), not " + std::to_string(count) + ".",
                {}, hints);
  }
  std::vector<SEXP> values;
  for (size_t k = 0; k < count; ++k) values.push_back(VECTOR_ELT(input, R_xlen_t(k)));
  return values;
}

}  // namespace rkeops
