# Complex numbers: functions and operators of the table where it has them, and
# definitions by these where it has not.

complex_operator <- function(operator, x, y, exponent, call) {
  operation <- operation_in_r(operator, "complex", 2L)
  if (!is.na(operation)) {
    return(apply_operation(
      operation, list(x, y), label = operator, call = call
    ))
  }
  switch(operator,
    "^" = complex_power(x, y, exponent, call),
    "==" = complex_equal(x, y),
    "!=" = !complex_equal(x, y),
    "|" = complex_product(x, y, call),
    abort_rkeops(
      "argument",
      sprintf("`%s` is not defined for complex LazyTensors.", operator),
      call = call
    )
  )
}

complex_equal <- function(x, y) {
  x <- as_complex(x)
  y <- as_complex(y)
  Re(x) == Re(y) & Im(x) == Im(y)
}

# Norms, and what is made of them, see complex numbers as pairs of real ones:
# the scalar product is the real part of the Hermitian one, as in rkeops 2.x.

is_complex_operand <- function(x) {
  if (is.LazyTensor(x)) is_complex_tensor(x) else is.complex(x)
}

apply_norm <- function(operation, operands, label, type = "real",
                       call = rlang::caller_env()) {
  if (!any(vapply(operands, is_complex_operand, NA))) {
    return(apply_operation(operation, operands, label = label, call = call))
  }
  check_vectors(operands, names(operands), operation, call)
  apply_operation(
    operation, same_complex(operands, call), label = label, call = call,
    type = type, as_real = TRUE
  )
}

# Complex tensors of as many components.
same_complex <- function(operands, call) {
  operands <- Map(
    function(one, name) as_complex(as_lazy(one, name, call)), operands,
    rlang::names2(operands)
  )
  longest <- max(vapply(operands, inner_dimension, 1L))
  lapply(operands, function(one) {
    if (inner_dimension(one) < longest && inner_dimension(one) == 1L) {
      apply_operation(
        "ComplexSumT", list(one), list(2L * longest), call = call,
        type = "complex"
      )
    } else {
      one
    }
  })
}

complex_product <- function(x, y, call) {
  apply_operation(
    "Scalprod", same_complex(list(x, y), call), label = "|", call = call,
    type = "real", as_real = TRUE
  )
}

# Column by column, as the real one.
complex_tensorprod <- function(operands, call) {
  x <- as_complex(as_lazy(operands[[1L]], "x", call))
  y <- as_complex(as_lazy(operands[[2L]], "y", call))
  Reduce(concat, lapply(seq_len(inner_dimension(y)), function(k) {
    x * slice_tensor(y, k - 1L, 1L, "tensorprod", call)
  }))
}

# By squares for whole exponents, which keeps the digits; by the principal
# logarithm for others.
complex_power <- function(x, y, exponent, call) {
  if (!is.int(exponent)) {
    return(exp(as_complex(y) * log(as_complex(x))))
  }
  if (exponent < 0) {
    return(1 / complex_power(x, y, -exponent, call))
  }
  whole_power(x, exponent)
}

whole_power <- function(x, n) {
  if (n == 0) {
    return(x * 0 + 1)
  }
  half <- if (n > 1) whole_power(x, n %/% 2)
  if (n == 1) {
    x
  } else if (n %% 2 == 0) {
    half * half
  } else {
    half * half * x
  }
}

complex_function <- function(name, z, call) {
  operation <- operation_in_r(name, "complex")
  if (!is.na(operation)) {
    return(apply_operation(operation, list(z), label = name, call = call))
  }
  times_i <- function(z) z * 1i
  switch(name,
    square = z * z,
    inv = 1 / z,
    log = real2complex(log(Mod(z))) + imag2complex(Arg(z)),
    sqrt = exp(log(z) / 2),
    cosh = (exp(z) + exp(-z)) / 2,
    sinh = (exp(z) - exp(-z)) / 2,
    cos = cosh(times_i(z)),
    sin = -times_i(sinh(times_i(z))),
    abort_rkeops(
      "argument",
      sprintf("`%s` is not defined for complex LazyTensors.", name),
      hints = "`Re()`, `Im()` and `Mod()` make real ones of them.", call = call
    )
  )
}

#' @rdname LazyTensor-functions
#' @export
real2complex <- function(x) {
  apply_operation("Real2Complex", list(x), label = "real2complex")
}

#' @rdname LazyTensor-functions
#' @export
imag2complex <- function(x) {
  apply_operation("Imag2Complex", list(x), label = "imag2complex")
}

#' @rdname LazyTensor-functions
#' @export
exp1j <- function(x) {
  apply_operation("ComplexExp1j", list(x), label = "exp1j")
}
