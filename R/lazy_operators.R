# R's operators and mathematical functions on lazy tensors, through the group
# generics. A function is found in the table of operations by its name; only
# what differs from R stands here.

#' Arithmetic, comparisons and logic with lazy tensors
#'
#' All operators of R work entry by entry, with lazy tensors, vectors (one
#' number a component) and numbers. Tensors of inner dimension 1 are repeated.
#' Beside a tensor of inner dimension 1 that has rows or columns, a vector is
#' refused: `Vi(w)` has a number for each row, `Vj(w)` one for each column,
#' `Pm(w)` one for each component. Of matrices only diagonal ones can be added
#' or subtracted, as in `K + diag(lambda, n)`; [kernel_solve()] and [solve()]
#' keep these terms apart. `Matrix::Diagonal()` makes one that is not stored.
#'
#' @param e1,e2 Lazy tensors, vectors or numbers.
#'
#' @details
#' * `+`, `-`, `*`, `/`, `^`, `%%`, `%/%` as in R. `x^n` with a whole or half
#'   number `n` is part of the formula; any other exponent is a parameter.
#' * `==`, `!=`, `<`, `<=`, `>`, `>=` give 1 or 0; `&`, `|` and `!` combine such
#'   results.
#' * `x | y` of numbers, which are no results of comparisons, is the scalar
#'   product of the vectors, as in rkeops 2.x and in formulas.
#' * Complex tensors know `+`, `-`, `*`, `/`, `^`, `==`, `!=`, and `|`, the real
#'   part of the Hermitian product, as in rkeops 2.x; real operands
#'   beside them become complex.
#'
#' @return A lazy tensor.
#' @name LazyTensor-operators
#' @examples
#' x_i <- Vi(matrix(runif(20), 10))
#' y_j <- Vj(matrix(runif(30), 15))
#' x_i + 2 * y_j
#' (x_i | y_j) > 0.5 & !(sqdist(x_i, y_j) < 0.1)
#' @export
Ops.LazyTensor <- function(e1, e2) {
  call <- generic_call(.Generic, sys.call())
  if (missing(e2)) {
    return(sign_or_not(.Generic, e1, call))
  }
  if (.Generic %in% c("+", "-")) {
    shifted <- shifted_tensor(e1, e2, .Generic)
    if (!is.null(shifted)) {
      return(shifted)
    }
  }
  check_vectors(list(e1, e2), c(
    operand_text(call, 2L, "x"), operand_text(call, 3L, "y")
  ), .Generic, call)
  x <- as_lazy(e1, operand_name(call, 2L, "x"), call)
  y <- as_lazy(e2, operand_name(call, 3L, "y"), call)
  if (is_complex_tensor(x) || is_complex_tensor(y)) {
    return(complex_operator(.Generic, x, y, e2, call))
  }
  switch(.Generic,
    "^" = power(x, y, e2, call),
    "%%" = apply_operation(
      "Mod", list(x, y, lazy_constant(0)), label = "%%", call = call
    ),
    "%/%" = floor(apply_operation("/", list(x, y), label = "%/%", call = call)),
    "&" = and_tensor(x, y, call),
    "|" = or_tensor(x, y, call),
    apply_operation(.Generic, list(x, y), call = call)
  )
}

# Shows what the user wrote: `x + y`, not `Ops.LazyTensor(x, y)`. Members of
# Summary are called with values, which are no text.
generic_call <- function(generic, call) {
  call[[1L]] <- as.name(generic)
  has_value <- vapply(as.list(call), is.LazyTensor, NA)
  if (any(has_value)) as.call(list(as.name(generic), quote(...))) else call
}

# Names an operand as the user does, where it has a name.
operand_name <- function(call, place, otherwise) {
  if (length(call) >= place && is.symbol(call[[place]])) {
    as.character(call[[place]])
  } else {
    otherwise
  }
}

sign_or_not <- function(operator, x, call) {
  if (operator == "!") {
    return(apply_operation("Not", list(x), label = "!", call = call))
  }
  if (operator == "+") {
    return(x)
  }
  apply_operation("-", list(x), call = call, type = number_type(x),
                  as_real = TRUE)
}

number_type <- function(x) if (is_complex_tensor(x)) "complex" else "real"

# The table makes Square, Pow, Sqrt, ... of exponents it can see.
power <- function(x, y, exponent, call) {
  structural <- !is.LazyTensor(exponent) && length(exponent) == 1L &&
    (is.int(exponent) || identical(abs(as.double(exponent)), 0.5))
  if (structural) y <- lazy_constant(as.double(exponent))
  apply_operation("^", list(x, y), call = call)
}

# 1 or 0.
as_truth <- function(x) {
  if (x@type == "logical") x else apply_operation("!=", list(x, 0))
}

and_tensor <- function(x, y, call) {
  apply_operation("And", list(x, y), label = "&", call = call)
}

or_tensor <- function(x, y, call) {
  if (x@type == "logical" && y@type == "logical") {
    return(apply_operation("Or", list(x, y), label = "|", call = call))
  }
  apply_operation("Scalprod", list(x, y), label = "|", call = call)
}

#' Functions of lazy tensors
#'
#' R's mathematical functions, and those of the formula language that R does not
#' have, entry by entry. On ordinary numbers the functions of this page compute
#' what R does.
#'
#' @param x,y,z,object Lazy tensors; where others are given too, vectors or
#'   numbers. `square()`, `rsqrt()`, `inv()`, `xlogx()`, `sinxdivx()`, `relu()`,
#'   `atan2()`, `ifelse()`, `step()`, `mod()` and `clamp()` also take ordinary
#'   numbers.
#' @param ... `digits` of `round()`, `base` of `log()`; other arguments of the
#'   functions of R.
#'
#' @details
#' From R: `abs`, `sign`, `sqrt`, `floor`, `ceiling`, `trunc`, `round` (halves
#' to the even digit), `exp`, `log`, `expm1`, `log1p`, `log2`, `log10`, `cos`,
#' `sin`, `tan`, `acos`, `asin`, `atan`, `cosh`, `sinh`, `tanh`, `acosh`,
#' `asinh`, `atanh`, `lgamma`, `digamma`, `trigamma`, `atan2`, `ifelse`. Complex
#' tensors know `Re`, `Im`, `Mod`, `abs`, `Arg`, `Conj`, `exp`, `log`, `sqrt`,
#' `cos`, `sin`, `cosh`, `sinh`, `sum` and `mean`.
#'
#' * `acos(x)`, `asin(x)` and `acosh(x)` lose half of their digits near 1, as do
#'   `sqrt(1 - x^2)`, and `1 - cos(x)`, `log(1 + x)` and `exp(x) - 1` near 0;
#'   [haversine()], `log1p()` and `expm1()` keep them. `vignette("numbers")` has
#'   a table of what to write.
#' * `square(x)`, `rsqrt(x)` (1 / sqrt(x), 0 at 0), `inv(x)`, `xlogx(x)` (0 at
#'   0), `sinxdivx(x)` (1 at 0), `relu(x)`, `step(x)` (1 where x >= 0, else 0).
#' * `mod(x, a, b)` is `x - a * floor((x - b) / a)`.
#' * `clamp(x, a, b)` is `x`, but at least `a` and at most `b`; so is
#'   `clampint()` for whole numbers `a` and `b`, which are part of the formula.
#' * `ifelse(test, yes, no)` chooses by a comparison; by a number it is `yes`
#'   where `test >= 0`, as in formulas and in rkeops 2.x.
#' * `real2complex(x)` is `x + 0i`, `imag2complex(x)` is `0 + x i`, `exp1j(x)`
#'   is `exp(1i * x)`.
#'
#' @return A lazy tensor, or numbers where numbers are given.
#' @name LazyTensor-functions
#' @examples
#' x_i <- Vi(matrix(runif(20), 10))
#' y_j <- Vj(matrix(runif(30), 15))
#' exp(-sum(abs(x_i - y_j)))
#' ifelse(sqdist(x_i, y_j) < 0.1, 1, 0)
#' clamp(x_i, 0.2, 0.8)
#' square(3)
#' @export
Math.LazyTensor <- function(x, ...) {
  math_tensor(.Generic, x, list(...), generic_call(.Generic, sys.call()))
}

math_tensor <- function(name, x, arguments, call) {
  if (is_complex_tensor(x)) {
    value <- complex_function(name, x, call)
    check_no_more(arguments, call)
    return(value)
  }
  switch(name,
    log = logarithm(x, arguments, call),
    round = apply_operation(
      "Round", list(x), list(round_digits(arguments, call)), "round", call
    ),
    trigamma = apply_operation(
      "Polygamma", list(x), list(1L), "trigamma", call
    ),
    {
      operation <- function_operation(name, call)
      check_no_more(arguments, call)
      apply_operation(operation, list(x), label = name, call = call)
    }
  )
}

# The one argument that a function of R has beside the tensor.
read_argument <- function(arguments, name, call) {
  is_wrong <- !rlang::names2(arguments) %in% c("", name)
  if (length(arguments) > 1L || any(is_wrong)) {
    check_no_more(arguments[c(which(is_wrong), 1L)], call)
  }
  if (length(arguments)) arguments[[1L]]
}

# The row of the table with the name of an R function.
function_operation <- function(name, call) {
  operation <- operation_in_r(name)
  if (is.na(operation)) {
    abort_rkeops(
      "argument", sprintf("`%s` is not defined for LazyTensors.", name),
      hints = c(
        "`formula_language()` lists what is.",
        sprintf("`%s(as.matrix(x))` stores all entries.", name),
        if (name == "gamma") "`exp(lgamma(x))` is it for positive numbers."
      ), call = call
    )
  }
  operation
}

logarithm <- function(x, arguments, call) {
  value <- apply_operation("Log", list(x), label = "log", call = call)
  base <- read_argument(arguments, "base", call)
  if (is.null(base)) value else value / log(base)
}

round_digits <- function(arguments, call) {
  digits <- read_argument(arguments, "digits", call) %||% 0
  if (!is.int(digits)) {
    abort_argument("digits", "one whole number", digits, call)
  }
  as.integer(digits)
}

#' @rdname LazyTensor-functions
#' @export
Complex.LazyTensor <- function(z) {
  call <- generic_call(.Generic, sys.call())
  if (!is_complex_tensor(z)) {
    abort_rkeops(
      "argument", sprintf("`%s` needs a complex LazyTensor.", .Generic),
      hints = "`real2complex()` makes one of a real one.", call = call
    )
  }
  complex_function(.Generic, z, call)
}
