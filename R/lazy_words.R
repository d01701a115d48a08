# Functions of R that are no generics, with a lazy form: S4 generics of the
# signature that R would choose, so that attaching the package masks nothing
# (see lazy_functions.R); and S3 methods of a few that are.

#' Words of R on lazy tensors
#'
#' Functions of base R and stats that know nothing of lazy tensors do this with
#' them.
#'
#' @param x,q,... Lazy tensors; in `pmin()` and `pmax()` vectors or numbers too.
#' @param na.rm Whether missing values count as not there.
#' @param arr.ind,useNames See [base::which()].
#' @param mean,sd The mean and the standard deviation: lazy tensors or numbers.
#' @param log,lower.tail,log.p See [stats::dnorm()]; `log.p` must be `FALSE`.
#' @param vec,rightmost.closed,all.inside,left.open See [base::findInterval()].
#' @param MARGIN,STATS,FUN,check.margin See [base::sweep()]: `STATS` is a vector
#'   with one number for each row (`MARGIN = 1`) or column (`MARGIN = 2`), `FUN`
#'   an operator or a function that knows lazy tensors.
#'
#' @details
#' These are lazy, and store nothing:
#'
#' * `pmin(x, y, ...)` and `pmax(x, y, ...)` compare entry by entry.
#' * `dnorm(x, mean, sd)` and `pnorm(q, mean, sd)`; `besselK(x, nu)` for any
#'   order: cheap for half-integers, whose form is closed; otherwise a hundred
#'   exponentials for each pair. `findInterval(x, vec)` are the numbers of the
#'   intervals.
#' * `sweep(x, MARGIN, STATS)`, `scale(x)`, `diff(x)`, `head(x)`, `tail(x)`.
#'
#' `which(K < r)` and `which(K < r, arr.ind = TRUE)` store only what they find.
#'
#' Functions that need all entries compute and store them, up to 10^7:
#' `apply()`, `sapply()`, `outer()`, `eigen()`, `svd()`, `prcomp()`, `solve()`,
#' `det()`, `chol()`, `qr()`, `dist()`, `cor()`, `cov()`, `var()`, `sd()`,
#' `order()`, `sort()`, `unique()`, `table()`, `cut()`, `summary()` (of all
#' entries), `aperm()`, `image()`, `contour()`, `persp()`, `boxplot()`,
#' `density()`, `as.data.frame()`, `match()`, `%in%`, `rank()`, `fft()`,
#' `cmdscale()` and others. For more, write
#' `f(as.matrix(x, maximum = Inf))`.
#'
#' `lm()` and other functions of model formulas take matrices:
#' `lm(y ~ as.matrix(x))`.
#'
#' Refused, with what to write instead: `which.min()` and `which.max()` (see
#' `argmin()`, [LazyTensor-reductions]), `plot()`, `c()`, `rep()`, assignments.
#'
#' @return Lazy tensors; plain numbers where it says so.
#' @name LazyTensor-words
#' @examples
#' \dontshow{previous <- set_rkeops_option("threads", 2)}
#' x <- matrix(runif(20), 10)
#' y <- matrix(runif(30), 15)
#' D <- sqdist(Vi(x), Vj(y))
#' pmin(D, 0.5)
#' which(D < 0.01, arr.ind = TRUE)
#' rowMeans(dnorm(sqrt(D), sd = 0.2))
#' sweep(D, 1, rowSums(D), "/")
#' # a Matern kernel of smoothness 0.8
#' r <- sqrt(2 * 0.8 * D) / 0.3
#' K <- 2^(1 - 0.8) / gamma(0.8) * r^0.8 * besselK(r, 0.8)
#' colSums(K)
#' \dontshow{set_rkeops_options(previous)}
NULL

# ---- the smaller and the larger one ----

#' @rdname LazyTensor-words
#' @aliases pmin,logical-method pmin,missing-method pmin,ANY-method
#' @export
setGeneric("pmin")

#' @rdname LazyTensor-words
#' @aliases pmax,logical-method pmax,missing-method pmax,ANY-method
#' @export
setGeneric("pmax")

# The signature is `na.rm`, since S4 does not look at `...` beside other
# arguments.
extremes_of_pairs <- function(name) {
  plain <- get(name, baseenv())
  generic <- substring(name, 2L)
  function(..., na.rm = FALSE) { # nolint: object_name_linter.
    operands <- list(...)
    if (!any(vapply(operands, is.LazyTensor, NA))) {
      return(plain(..., na.rm = na.rm))
    }
    call <- rlang::call2(name, quote(...))
    combine_pairs(generic, operands, check_flag(na.rm, "na.rm", call), call)
  }
}

for (name in c("pmin", "pmax")) {
  setMethod(name, "logical", extremes_of_pairs(name))
  setMethod(name, "missing", extremes_of_pairs(name))
  setMethod(name, "ANY", extremes_of_pairs(name))
}
rm(name)

# With `na.rm` what is missing in all operands is missing in the value.
combine_pairs <- function(generic, operands, remove_na, call) {
  names(operands) <- paste0("..", seq_along(operands))
  operation <- if (generic == "min") "Minimum" else "Maximum"
  Reduce(function(x, y) {
    if (remove_na) {
      filled <- ifelse(is.na(as_lazy(x, "x", call)), y, x)
      y <- ifelse(is.na(as_lazy(y, "y", call)), x, y)
      x <- filled
    }
    apply_operation(
      operation, list(x, y), label = paste0("p", generic), call = call
    )
  }, operands)
}

# ---- distributions and intervals ----

# nolint start: object_name_linter.

#' @rdname LazyTensor-words
#' @aliases dnorm,LazyTensor,ANY-method dnorm,ANY,LazyTensor-method
#'   dnorm,LazyTensor,LazyTensor-method
#' @export
setGeneric("dnorm")

check_real <- function(operands, name, call) {
  if (any(vapply(operands, is_complex_operand, NA))) {
    abort_rkeops(
      "argument",
      sprintf("`%s` is not defined for complex LazyTensors.", name),
      hints = "`Re()`, `Im()` and `Mod()` make real ones of them.", call = call
    )
  }
}

# A number of another class, such as a difference of times, is a number.
number_or_tensor <- function(value, name, call) {
  if (is.LazyTensor(value)) {
    return(value)
  }
  numbers <- if (is.object(value)) plain_data(value, name, call) else value
  if (!is_numbers(numbers)) {
    abort_argument(name, "a LazyTensor or numbers", value, call)
  }
  as.vector(numbers)
}

density_of_normal <- function(x, mean = 0, sd = 1, log = FALSE) {
  check_real(list(x, mean, sd), "dnorm", quote(dnorm(x, mean, sd, log)))
  mean <- number_or_tensor(mean, "mean", quote(dnorm(x, mean, sd, log)))
  sd <- number_or_tensor(sd, "sd", quote(dnorm(x, mean, sd, log)))
  z <- (x - mean) / sd
  if (check_flag(log, "log", quote(dnorm(x, mean, sd, log)))) {
    return(-z^2 / 2 - base::log(2 * pi) / 2 - base::log(sd))
  }
  exp(-z^2 / 2) / (sqrt(2 * pi) * sd)
}
setMethod("dnorm", signature("LazyTensor", "ANY"), density_of_normal)
setMethod("dnorm", signature("ANY", "LazyTensor"), density_of_normal)
setMethod("dnorm", signature("LazyTensor", "LazyTensor"), density_of_normal)

#' @rdname LazyTensor-words
#' @aliases pnorm,LazyTensor,ANY-method pnorm,ANY,LazyTensor-method
#'   pnorm,LazyTensor,LazyTensor-method
#' @export
setGeneric("pnorm")

probability_of_normal <- function(q, mean = 0, sd = 1, lower.tail = TRUE,
                                  log.p = FALSE) {
  call <- quote(pnorm(q, mean, sd, lower.tail, log.p))
  if (check_flag(log.p, "log.p", call)) {
    abort_argument("log.p", "FALSE for LazyTensors", log.p, call)
  }
  check_real(list(q, mean, sd), "pnorm", call)
  mean <- number_or_tensor(mean, "mean", call)
  sd <- number_or_tensor(sd, "sd", call)
  z <- (q - mean) / (sd * sqrt(2))
  # the small one of both tails keeps its digits
  if (check_flag(lower.tail, "lower.tail", call)) z <- -z
  apply_operation("Erfc", list(z), label = "pnorm", call = call) / 2
}
setMethod("pnorm", signature("LazyTensor", "ANY"), probability_of_normal)
setMethod("pnorm", signature("ANY", "LazyTensor"), probability_of_normal)
setMethod("pnorm", signature("LazyTensor", "LazyTensor"), probability_of_normal)

#' @rdname LazyTensor-words
#' @aliases findInterval,LazyTensor-method
#' @export
setGeneric("findInterval")

interval_of <- function() {
  call <- quote(findInterval(x, vec))
  if (!is.numeric(vec) || !length(vec) || anyNA(vec) || is.unsorted(vec)) {
    abort_argument("vec", "numbers in ascending order", vec, call)
  }
  check_flag(rightmost.closed, "rightmost.closed", call)
  check_flag(all.inside, "all.inside", call)
  check_flag(left.open, "left.open", call)
  knots <- components(as.double(vec))
  map_components(x, function(x) {
    place <- sum(if (left.open) x > knots else x >= knots)
    if (all.inside) {
      clamp(place, 1, length(vec) - 1)
    } else if (rightmost.closed) {
      close_last(x, place, vec, left.open)
    } else {
      place
    }
  })
}

# The last interval, counted from its open side, has both ends.
close_last <- function(x, place, vec, left_open) {
  if (left_open) {
    ifelse(x == vec[[1L]], 1, place)
  } else {
    ifelse(x == vec[[length(vec)]], length(vec) - 1, place)
  }
}
# later versions of R have more arguments
formals(interval_of) <- formals(base::findInterval)
setMethod("findInterval", "LazyTensor", interval_of)

# ---- rows and columns ----

#' @rdname LazyTensor-words
#' @aliases sweep,LazyTensor-method
#' @export
setGeneric("sweep")

setMethod("sweep", "LazyTensor", function(x, MARGIN, STATS, FUN = "-",
                                          check.margin = TRUE, ...) {
  call <- quote(sweep(x, MARGIN, STATS, FUN))
  if (missing(MARGIN) || !checkmate::test_choice(MARGIN, c(1, 2))) {
    abort_argument("MARGIN", "1 or 2", MARGIN, call)
  }
  index <- c("i", "j")[[MARGIN]]
  if (missing(STATS)) {
    abort_argument("STATS", "a number for each row or column", , call)
  }
  if (!is.LazyTensor(STATS)) {
    if (!length(STATS) %in% c(1L, index_size(x, index))) {
      abort_rkeops(
        "shape", sprintf(
          "`STATS` must have %d numbers, one for each %s, not %d.",
          index_size(x, index), c("row", "column")[[MARGIN]], length(STATS)
        ), call = call
      )
    }
    if (length(STATS) > 1L) {
      STATS <- LazyTensor(c(STATS), index, precision = precision_of(x))
    }
  }
  about_argument("FUN", call, match.fun(FUN))(x, STATS, ...)
})

#' @rdname LazyTensor-words
#' @param center,scale Whether to subtract the means of the columns, and to
#'   divide by their standard deviations; or the numbers to take.
#' @export
scale.LazyTensor <- function(x, center = TRUE, scale = TRUE) {
  call <- sys.call()
  if (inner_dimension(x) > 1L || is_complex_tensor(x)) {
    abort_rkeops(
      "argument", "`scale` needs a LazyTensor with one number at each pair.",
      hints = "`x - colMeans(x)` of the data comes before `Vi(x)`.",
      call = call
    )
  }
  if (isTRUE(center)) center <- colMeans(x, na.rm = TRUE)
  if (!isFALSE(center)) x <- sweep(x, 2, center)
  if (isTRUE(scale)) {
    count <- colSums(present(x))
    scale <- sqrt(colSums(x^2, na.rm = TRUE) / pmax(1, count - 1))
  }
  if (isFALSE(scale)) x else sweep(x, 2, scale, "/")
}

#' @rdname LazyTensor-words
#' @param lag,differences See [base::diff()].
#' @export
diff.LazyTensor <- function(x, lag = 1L, differences = 1L, ...) {
  call <- sys.call()
  check_no_more(list(...), call)
  lag <- check_count(lag, "lag", call)
  for (step in seq_len(check_count(differences, "differences", call))) {
    rows <- seq_len(max(0L, index_size(x, "i") - lag))
    x <- take_rows(x, rows + lag) - take_rows(x, rows)
  }
  x
}

# Rows counted from 1, whatever the option `index_base`.
take_rows <- function(x, rows) {
  keep_points(x, rows - (settings$index_base == 0L), "i", NULL)
}

#' @rdname LazyTensor-words
#' @param n The number of rows, as in [utils::head()].
#' @rawNamespace S3method(utils::head, LazyTensor)
head.LazyTensor <- function(x, n = 6L, ...) {
  check_no_more(list(...), sys.call())
  take_rows(x, utils::head(seq_len(index_size(x, "i")), n))
}

#' @rdname LazyTensor-words
#' @rawNamespace S3method(utils::tail, LazyTensor)
tail.LazyTensor <- function(x, n = 6L, ...) {
  check_no_more(list(...), sys.call())
  take_rows(x, utils::tail(seq_len(index_size(x, "i")), n))
}

# ---- places ----

#' @rdname LazyTensor-words
#' @aliases which,LazyTensor-method
#' @export
setGeneric("which")

setMethod("which", "LazyTensor", function(x, arr.ind = FALSE, useNames = TRUE) {
  call <- quote(which(x, arr.ind))
  if (x@type != "logical" || inner_dimension(x) > 1L) {
    abort_rkeops(
      "argument",
      "`which` needs a LazyTensor with TRUE or FALSE at each pair.",
      hints = "Write a comparison: `which(K > 0.5)`.", call = call
    )
  }
  check_flag(arr.ind, "arr.ind", call)
  count <- sum(rowSums(x, na.rm = TRUE))
  if (count > largest_store) refuse_to_store(count, "which", call)
  found <- places_of_true(x, call)
  if (!arr.ind) {
    return(if (length(x) <= .Machine$integer.max) as.integer(found) else found)
  }
  arrayInd(found, dim(x), dimnames(x), useNames = useNames)
})

# Column by column, as R counts; a true entry is 1.
places_of_true <- function(x, call) {
  found <- find_pairs(
    -x, list(radius = -0.5, half = FALSE, self = TRUE), NULL, call
  )
  sort((found$j - 1) * index_size(x, "i") + found$i)
}

# nolint end

refuse_place <- function(name) {
  function(x) {
    abort_rkeops(
      "argument",
      sprintf("`which.%s` would count through all rows and columns.", name),
      hints = c(
        sprintf(
          "`arg%s(x, index = \"j\")` is the place in each row, %s.", name,
          "`index = \"i\"` that in each column"
        ),
        sprintf("`which.%s(as.vector(x))` stores all entries.", name)
      ), call = rlang::call2(paste0("which.", name), quote(x))
    )
  }
}

#' @rdname LazyTensor-words
#' @aliases which.min,LazyTensor-method
#' @export
setGeneric("which.min")
setMethod("which.min", "LazyTensor", refuse_place("min"))

#' @rdname LazyTensor-words
#' @aliases which.max,LazyTensor-method
#' @export
setGeneric("which.max")
setMethod("which.max", "LazyTensor", refuse_place("max"))
