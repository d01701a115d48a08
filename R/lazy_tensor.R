# Making lazy tensors from data, and what is asked of them.

#' Make lazy tensors
#'
#' A lazy tensor stands for a matrix whose entries are a formula of data, and
#' which is never stored. Tensors are combined by R's operators and functions;
#' a reduction such as `sum(K, index = "j")`, or `K %*% b`, computes a matrix
#' from them. The same expression of data of the same number of columns is
#' compiled once, whatever the values.
#'
#' @param x A numeric or complex matrix or data frame, whose rows are points, or
#'   a matrix on the GPU (see [to_gpu()]); a vector, which is a parameter, or
#'   with an index a matrix of one column; or one number. Times, dates, factors,
#'   sparse matrices and other classes: see [data-classes].
#'   An array with more axes is a matrix for each of many [batches].
#' @param index `"i"`: the rows of `x` are indexed by i, the rows of lazy
#'   matrices. `"j"`: they are indexed by j, the columns of lazy matrices. `NA`:
#'   `x` is a parameter, the same everywhere.
#' @param is_complex Whether real numbers are to be taken as complex ones.
#' @param precision `"float32"` or `"float64"`, in which what is made of the
#'   tensor is computed. By default the option `precision`. It stays with the
#'   tensor, see [lazy_precision()].
#'
#' @details
#' `Vi(x)` is `LazyTensor(x, "i")`, `Vj(x)` is `LazyTensor(x, "j")`, and `Pm(x)`
#' a parameter.
#'
#' Numbers and vectors in an expression, as the 2 in `2 * x`, are parameters
#' too: other values do not need another compilation. Only whole and half
#' exponents are part of the formula.
#'
#' A matrix used in two places is one variable when it is the same R object
#' (not only equal).
#'
#' `x$formula`, `x$args`, `x$data` and `x$dimres` are the formula, its
#' variables, their data (complex numbers as real and imaginary parts in turn),
#' and the inner dimension: the number of columns of the data, 1 for distances
#' and kernels. `x$precision` is its precision.
#'
#' Lazy tensors can be saved by [saveRDS()] and sent to other processes; their
#' precision goes with them.
#'
#' @return An object of class `LazyTensor`, or `ComplexLazyTensor` (which
#'   inherits from it).
#' @seealso [LazyTensor-operators] and [LazyTensor-functions] for what can be
#'   done with them, [LazyTensor-reductions] for what can be computed,
#'   [LazyTensor-matrix] for their use as matrices, [grad()] for gradients.
#' @export
#' @examples
#' \dontshow{previous <- set_rkeops_option("threads", 2)}
#' x <- matrix(runif(100 * 3), 100)
#' y <- matrix(runif(150 * 3), 150)
#' b <- runif(150)
#' D <- sqdist(Vi(x), Vj(y))
#' K <- exp(-D / 0.5^2)
#' K
#' head(K %*% b)
#' head(argKmin(D, K = 2, index = "j"))
#' \dontshow{set_rkeops_options(previous)}
LazyTensor <- function(x, index = NA, is_complex = FALSE, # nolint
                       precision = get_rkeops_option("precision")) {
  new_variable(x, index, is_complex, precision, rlang::current_env())
}

#' @rdname LazyTensor
#' @export
Vi <- function(x, is_complex = FALSE, # nolint
               precision = get_rkeops_option("precision")) {
  new_variable(x, "i", is_complex, precision, rlang::current_env())
}

#' @rdname LazyTensor
#' @export
Vj <- function(x, is_complex = FALSE, # nolint
               precision = get_rkeops_option("precision")) {
  new_variable(x, "j", is_complex, precision, rlang::current_env())
}

#' @rdname LazyTensor
#' @export
Pm <- function(x, is_complex = FALSE, # nolint
               precision = get_rkeops_option("precision")) {
  call <- rlang::current_env()
  if (!missing(x) && is_matrix_like(x)) {
    abort_argument(
      "x", "a vector or a single value", x, call,
      hints = "Use `Vi()` or `Vj()` for the rows of a matrix."
    )
  }
  new_variable(x, NA, is_complex, precision, call)
}

new_variable <- function(x, index, is_complex, precision, call) {
  if (!missing(x) && is.LazyTensor(x)) {
    abort_rkeops("argument", "`x` is already a LazyTensor.", call = call)
  }
  check_flag(is_complex, "is_complex", call)
  if (!missing(x) && is_batch_array(x)) {
    if (is_complex) {
      abort_rkeops(
        "argument", "Arrays of batches are of real numbers.", call = call
      )
    }
    precision <- read_precision(precision, "precision", call)
    return(batch_variable(x, index, call, precision))
  }
  content <- read_data(x, "x", call)
  index <- read_data_index(index, x, call)
  if (is_complex) {
    if (content$type %in% code_types) abort_codes("is_complex", call)
    content$type <- "complex"
  }
  precision <- read_precision(precision, "precision", call)
  variable_of(content, index, x, call, precision)
}

# Makes a variable of `content`, of read_data(): `source` is the R object that
# it was made from. Numbers have the precision of what is beside them.
variable_of <- function(content, index, source, call, precision = "") {
  data <- mark_source(
    lazy_data(content$values, index, content$type == "complex"), source
  )
  columns <- if (is.na(index)) length(data) else ncol(data)
  if (columns == 0L) {
    abort_rkeops(
      "shape", sprintf(
        "`x` must have at least one %s.",
        if (is.na(index)) "number" else "column"
      ), call = call
    )
  }
  sizes <- no_sizes
  if (!is.na(index)) sizes[[index]] <- nrow(data)
  parts <- check_native(
    r_lazy_variable(if (is.na(index)) "none" else index, columns, data), call
  )
  new_lazy(
    parts, sizes, content$type, precision, content$unit, content$levels
  )
}

is_matrix_like <- function(x) is.data.frame(x) || length(dim(x)) == 2L

# Data as numbers, with what they are: their type, unit and levels.
read_data <- function(x, name, call) {
  if (!missing(x) && is_code_data(x) && length(dim(x)) <= 2L) {
    codes <- code_data(x)
    return(c(codes, unit = ""))
  }
  content_of(check_data(x, name, call), x)
}

# Numbers that were made of `x`.
content_of <- function(values, x) {
  type <- if (is.complex(values)) {
    "complex"
  } else if (is.logical(values)) {
    "logical"
  } else {
    "real"
  }
  list(values = values, type = type, unit = unit_of_data(x),
       levels = character())
}

# The numbers of `x`: the same object where it is numbers already.
check_data <- function(x, name, call) {
  wanted <- "a matrix, a vector, a scalar or a complex value"
  if (missing(x)) abort_argument(name, wanted, x, call)
  values <- plain_data(x, name, call)
  if (is_gpu_matrix(values)) {
    return(values)
  }
  if (!is_numbers(values) || length(dim(values)) > 2L) {
    abort_argument(name, wanted, x, call, hints = data_hints(x))
  }
  values
}

is_numbers <- function(x) {
  is_number <- is.numeric(x) || is.logical(x) || is.complex(x)
  is_number && !is.factor(x) && !is.data.frame(x)
}

# Which columns of a data frame are numbers, or stand for some.
are_numbers <- function(x) {
  vapply(x, function(column) is_numbers(plain_data(column, "x", NULL)), NA)
}

data_hints <- function(x) {
  if (is.data.frame(x)) {
    column <- names(x)[!are_numbers(x)]
    # complex columns are numbers, but not here
    if (!length(column)) {
      return(NULL)
    }
    column <- column[[1L]]
    if (is_text(x[[column]])) {
      return(sprintf(
        "Its column `%s` is no number; `as.integer()` makes codes of a factor.",
        column
      ))
    }
    sprintf("Its column `%s` is not numeric.", column)
  } else if (is_text(x)) {
    code_hints
  } else {
    character()
  }
}

read_data_index <- function(index, x, call) {
  if (is.atomic(index) && length(index) == 1L && is.na(index)) {
    if (is_matrix_like(x)) {
      abort_rkeops(
        "argument", "Missing `index` argument: `x` is a matrix.",
        hints = c(
          "Write `Vi(x)` if its rows are indexed by i, `Vj(x)` if by j."
        ), call = call
      )
    }
    return(NA_character_)
  }
  check_choice(index, c("i", "j"), "index", call)
}

# As it is where possible, so that the same R object is seen to be the same.
lazy_data <- function(x, index, is_complex) {
  if (!is.na(index) && !is.matrix(x)) x <- matrix(x, ncol = 1L)
  if (!is_complex) {
    return(x)
  }
  interleaved <- interleave(if (is.matrix(x)) x else matrix(x, nrow = 1L))
  if (is.na(index)) c(interleaved) else interleaved
}

# Real and imaginary parts as columns in turn.
interleave <- function(z) {
  parts <- matrix(0, nrow(z), 2L * ncol(z))
  rownames(parts) <- rownames(z)
  odd <- 2L * seq_len(ncol(z)) - 1L
  parts[, odd] <- Re(z)
  parts[, odd + 1L] <- Im(z)
  parts
}

# An operand of an expression: numbers become parameters of their own, which
# are copied, so that they are never taken for one another.
as_lazy <- function(x, name, call) {
  if (missing(x)) abort_operand(name, , call)
  if (is.LazyTensor(x)) {
    return(check_whole(x))
  }
  # of a matrix on the GPU only a single number
  if (is_gpu_matrix(x) && length(x) == 1L) x <- as.numeric(x)
  content <- if (is_text(x)) {
    read_data(x, name, call)
  } else {
    values <- plain_data(x, name, call)
    if (!is_operand(values)) abort_operand(name, x, call)
    content_of(values, x)
  }
  content$values <- mark_number(c(content$values, use.names = FALSE))
  variable_of(content, NA, content$values, call)
}

abort_operand <- function(name, x, call) {
  hint <- "Convert a matrix first: `Vi()` or `Vj()` says what its rows are."
  abort_argument(
    name, "a LazyTensor, a vector or a number", x, call,
    hints = if (!missing(x) && is_matrix_like(x)) hint else character()
  )
}

# A matrix of one entry is a number.
is_operand <- function(x) {
  is_numbers(x) && (length(x) == 1L || (length(x) > 1L && is.null(dim(x))))
}

check_lazy <- function(x, name, call) {
  if (missing(x) || !inherits(x, "LazyTensor")) {
    abort_argument(
      name, "a LazyTensor", x, call,
      hints = "Make one with `LazyTensor()`, `Vi()`, `Vj()` or `Pm()`."
    )
  }
  check_whole(x)
}

is_complex_tensor <- function(x) check_whole(x)@type == "complex"

# Objects that were made by hand have the class, but not the slots.
check_whole <- function(x) {
  if (!isS4(x) || length(x@sizes) != 2L || length(x@type) != 1L) {
    abort_rkeops(
      "argument", "This LazyTensor is not whole.",
      hints = "Make one with `LazyTensor()`, `Vi()`, `Vj()` or `Pm()`.",
      call = NULL
    )
  }
  x
}

# The number of components: of complex numbers for a complex tensor.
inner_dimension <- function(x) {
  if (is_complex_tensor(x)) x@dimension %/% 2L else x@dimension
}

# 1 where nothing has that index.
index_size <- function(x, index) {
  size <- check_whole(x)@sizes[[index]]
  if (is.na(size)) 1L else size
}

# Scripts of rkeops 2.x read these of a tensor.
#' @rdname LazyTensor
#' @param name `formula`, `args`, `data`, `dimres` or `precision`.
#' @export
`$.LazyTensor` <- function(x, name) { # nolint
  switch(name,
    formula = x@formula, args = x@args, data = lapply(x@data, without_mark),
    dimres = inner_dimension(x), precision = precision_of(x),
    abort_argument(
      "name", "one of those of `?LazyTensor`", name, sys.call(),
      hints = "`formula`, `args`, `data`, `dimres` or `precision`."
    )
  )
}

#' What is it?
#'
#' @param x Any object.
#' @return `TRUE` or `FALSE`. `is.LazyTensor()` and `is.ComplexLazyTensor()`
#'   tell whether `x` is a (complex) lazy tensor. The others take lazy tensors:
#'   `is.LazyParameter()`, `is.ComplexLazyParameter()` and `is.LazyVector()`
#'   tell whether it is a parameter of one number, of one complex number, or of
#'   any length; `is.LazyMatrix()` whether it is made from a matrix with an
#'   index. `is.int()` tells whether `x` is one whole number.
#' @export
#' @examples
#' x_i <- Vi(matrix(runif(6), 3))
#' is.LazyTensor(x_i)
#' is.LazyMatrix(x_i)
#' is.LazyParameter(Pm(3.14))
#' is.int(3)
is.LazyTensor <- function(x) { # nolint
  inherits(x, "LazyTensor") && isS4(x)
}

#' @rdname is.LazyTensor
#' @export
is.ComplexLazyTensor <- function(x) { # nolint
  inherits(x, "ComplexLazyTensor")
}

is_variable <- function(x, category) {
  check_lazy(x, "x", rlang::caller_env())
  length(x@args) == 1L && identical(x@formula, "V0") &&
    grepl(category, x@args)
}

#' @rdname is.LazyTensor
#' @export
is.LazyParameter <- function(x) { # nolint
  is_variable(x, "Pm") && !is_complex_tensor(x) && x@dimension == 1L
}

#' @rdname is.LazyTensor
#' @export
is.ComplexLazyParameter <- function(x) { # nolint
  is_variable(x, "Pm") && is_complex_tensor(x) && x@dimension == 2L
}

#' @rdname is.LazyTensor
#' @export
is.LazyVector <- function(x) { # nolint
  is_variable(x, "Pm")
}

#' @rdname is.LazyTensor
#' @export
is.LazyMatrix <- function(x) { # nolint
  is_variable(x, "V[ij]\\(")
}

#' @rdname is.LazyTensor
#' @export
is.int <- function(x) { # nolint
  is.numeric(x) && length(x) == 1L && is.finite(x) && x == round(x) &&
    abs(x) <= .Machine$integer.max
}
