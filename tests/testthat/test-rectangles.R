# The complex rules of the table of operations: no value of a function that is
# analytic on a rectangle is outside the rectangle of its values.

# Operations of x, as R writes them for complex numbers, where they are analytic
# on a part of the plane with positive real parts.
analytic_calls <- list(
  "x + y" = function(x, y) x + y,
  "x - y" = function(x, y) x - y,
  "-x" = function(x, y) -x,
  "Exp(x * y)" = function(x, y) exp(x * y),
  "Exp(-x / y)" = function(x, y) exp(-x / y),
  "Inv(x)" = function(x, y) 1 / x,
  "Square(x)" = function(x, y) x^2,
  "Pow(x, 3)" = function(x, y) x^3,
  "Pow(x, 6)" = function(x, y) x^6,
  "Pow(x, -2)" = function(x, y) 1 / x^2,
  "Powf(x, y)" = function(x, y) exp(y * log(x)),
  "Sqrt(x)" = function(x, y) sqrt(x),
  "Rsqrt(x)" = function(x, y) 1 / sqrt(x),
  "Exp(x)" = function(x, y) exp(x),
  "Expm1(x)" = function(x, y) exp(x) - 1,
  "Exp2(x)" = function(x, y) exp(x * log(2)),
  "Log(x)" = function(x, y) log(x),
  "Log1p(x)" = function(x, y) log(1 + x),
  "Log2(x)" = function(x, y) log(x) / log(2),
  "Log10(x)" = function(x, y) log(x) / log(10),
  "Logistic(x)" = function(x, y) 1 / (1 + exp(-x)),
  "Logistic(-x)" = function(x, y) 1 / (1 + exp(x)),
  "Softplus(x)" = function(x, y) log(1 + exp(x)),
  "Softplus(-x)" = function(x, y) log(1 + exp(-x)),
  "XLogX(x)" = function(x, y) x * log(x),
  "MaternOfSquare(x, 0)" = function(x, y) exp(-sqrt(x)),
  "MaternOfSquare(x, 1)" = function(x, y) (1 + sqrt(x)) * exp(-sqrt(x)),
  "MaternOfSquare(x, 2)" = function(x, y) {
    (1 + sqrt(x) + x / 3) * exp(-sqrt(x))
  },
  "WendlandOfSquare(x)" = function(x, y) {
    (1 - sqrt(x))^4 * (1 + 4 * sqrt(x))
  },
  "Sin(x)" = function(x, y) sin(x),
  "Cos(x)" = function(x, y) cos(x),
  "Sinh(x)" = function(x, y) sinh(x),
  "Cosh(x)" = function(x, y) cosh(x),
  "Tanh(x)" = function(x, y) tanh(x),
  "Tanh(-x)" = function(x, y) -tanh(x),
  "Atan(x)" = function(x, y) {
    (log(1 + 1i * x) - log(1 - 1i * x)) / 2i
  },
  "Erf(x)" = function(x, y) complex_erf(x),
  "Erfc(x)" = function(x, y) 1 - complex_erf(x),
  "Abs(x)" = function(x, y) x,
  "Abs(-x)" = function(x, y) x,
  "Sign(-x)" = function(x, y) rep(-1 + 0i, length(x)),
  "Step(x)" = function(x, y) rep(1 + 0i, length(x)),
  "ReLU(x)" = function(x, y) x,
  "ReLU(-x)" = function(x, y) rep(0i, length(x)),
  "Maximum(x, -y)" = function(x, y) x,
  "Minimum(x, -y)" = function(x, y) -y,
  "Sum(Square(x - y))" = function(x, y) (x - y)^2
)

# Its power series, for small arguments.
complex_erf <- function(z) {
  term <- z
  sum <- z
  for (n in 1:120) {
    term <- -term * z^2 / n
    sum <- sum + term / (2 * n + 1)
  }
  2 / sqrt(pi) * sum
}

# A rectangle with positive real parts below 1 (where the Wendland function is
# one polynomial) or 3, and points in it and at its corners.
random_rectangle <- function(largest) {
  re <- sort(stats::runif(2, 1e-3, largest))
  if (stats::runif(1) < 0.5) re[2] <- min(largest, re[1] * (1 + 1e-3))
  im <- sort(stats::runif(2, -1, 1) * 10^stats::runif(1, -6, 0.2))
  if (stats::runif(1) < 0.3) im[1] <- 0
  im <- sort(im)
  share <- list(c(0, 0, 1, 1, stats::runif(12)), c(0, 1, 0, 1, stats::runif(12)))
  list(
    re = re, im = im,
    points = complex(
      real = re[1] + share[[1]] * diff(re), imaginary = im[1] + share[[2]] * diff(im)
    )
  )
}

rectangles_of <- function(op, x, y) {
  value <- r_value_rectangles(
    operator_state(op)$pointer, list(x$re[1], y$re[1]), list(x$re[2], y$re[2]),
    list(x$im[1], y$im[1]), list(x$im[2], y$im[2])
  )
  if (inherits(value, "rkeops_failure")) stop(value$message)
  value
}

is_outside <- function(value, rectangle) {
  slack <- 1e-12 * (1 + Mod(value))
  outside <- Re(value) < rectangle[1] - slack |
    Re(value) > rectangle[2] + slack | Im(value) < rectangle[3] - slack |
    Im(value) > rectangle[4] + slack | Mod(value) > rectangle[5] + slack
  any(outside)
}

test_that("no complex value is outside its rectangle", {
  withr::local_seed(11)
  args <- c("x = Vi(1)", "y = Vj(1)")
  boxes <- if (is_exhaustive()) 1e4 else 60
  known <- vapply(names(analytic_calls), function(call) {
    op <- keops_kernel(
      sprintf("Sum_Reduction(%s, 0)", call), args, precision = "float64"
    )
    mean(vapply(seq_len(boxes), function(k) {
      largest <- if (grepl("Wendland", call)) 0.999 else 3
      x <- random_rectangle(largest)
      y <- random_rectangle(largest)
      rectangle <- rectangles_of(op, x, y)
      if (is.nan(rectangle[5])) return(FALSE)
      value <- analytic_calls[[call]](x$points, y$points)
      expect_false(
        is_outside(value, rectangle), info = call
      )
      TRUE
    }, NA))
  }, 0)
  expect_identical(names(known)[known < 0.3], character())
})

test_that("nothing is known where a function has a kink, a pole or a cut", {
  args <- c("x = Vi(1)", "y = Vj(1)")
  around <- list(re = c(-0.5, 0.5), im = c(0, 0.1))
  for (call in c(
    "Inv(x)", "Sqrt(x)", "Rsqrt(x)", "Log(x)", "Abs(x)", "Sign(x)", "Step(x)",
    "ReLU(x)", "Maximum(x, 0)", "Powf(x, y)", "XLogX(x)", "MaternOfSquare(x, 1)",
    "WendlandOfSquare(x + 1)"
  )) {
    op <- keops_kernel(
      sprintf("Sum_Reduction(%s + y, 0)", call), args, precision = "float64"
    )
    expect_identical(rectangles_of(op, around, around)[5], NaN, info = call)
  }
  op <- keops_kernel("Sum_Reduction(Round(x, 1) + y, 0)", args)
  expect_null(rectangles_of(op, around, around))
})
