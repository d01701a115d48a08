# Operators and functions of lazy tensors against plain R, entry by entry.

skip_on_cran()

x <- lazy_points(5, 3)
y <- lazy_points(4, 3, start = 0.4)
pairs <- function(f) all_pairs(x, y, f)

for (precision in c("float64", "float32")) {
  test_that(paste("arithmetic and comparisons,", precision), {
    x_i <- Vi(x)
    y_j <- Vj(y)
    expect_tensors(list(
      x_i + y_j, x_i - y_j, x_i * y_j, x_i / y_j, -x_i + 0 * y_j, +x_i - y_j,
      2 * x_i - y_j / 3, x_i + c(1, 2, 3) * y_j, (x_i + 2) %% abs(y_j),
      (x_i + 2) %/% y_j, x_i < y_j, x_i <= y_j, x_i > y_j, x_i >= y_j,
      x_i == y_j, x_i != y_j, x_i < 0.5 & y_j > 0, x_i < 0 | y_j < 0,
      !(x_i < y_j), !x_i + 0 * y_j, x_i & y_j
    ), list(
      pairs(`+`), pairs(`-`), pairs(`*`), pairs(`/`),
      pairs(function(x, y) -x), pairs(`-`),
      pairs(function(x, y) 2 * x - y / 3),
      pairs(function(x, y) x + 1:3 * y),
      pairs(function(x, y) (x + 2) %% abs(y)),
      pairs(function(x, y) (x + 2) %/% y), pairs(`<`), pairs(`<=`),
      pairs(`>`), pairs(`>=`), pairs(`==`), pairs(`!=`),
      pairs(function(x, y) x < 0.5 & y > 0),
      pairs(function(x, y) x < 0 | y < 0),
      pairs(function(x, y) !(x < y)), pairs(function(x, y) !x),
      pairs(function(x, y) x != 0 & y != 0)
    ), precision)
  })

  test_that(paste("powers,", precision), {
    u_i <- Vi(abs(x))
    y_j <- Vj(y)
    expect_tensors(list(
      u_i^2 + y_j, u_i^3 * y_j, u_i^0.5 + y_j, u_i^-0.5 + y_j, u_i^-1 + y_j,
      u_i^1.3 + y_j, u_i^y_j, 2^(u_i * y_j), u_i^c(1, 2, 0.5) + y_j
    ), list(
      pairs(function(x, y) x^2 + y), pairs(function(x, y) abs(x)^3 * y),
      pairs(function(x, y) sqrt(abs(x)) + y),
      pairs(function(x, y) 1 / sqrt(abs(x)) + y),
      pairs(function(x, y) 1 / abs(x) + y),
      pairs(function(x, y) abs(x)^1.3 + y), pairs(function(x, y) abs(x)^y),
      pairs(function(x, y) 2^(abs(x) * y)),
      pairs(function(x, y) abs(x)^c(1, 2, 0.5) + y)
    ), precision)
  })

  test_that(paste("functions of R,", precision), {
    t_i <- Vi(x) + 0 * Vj(y)
    u_i <- abs(t_i)
    s_i <- t_i / 2
    of <- function(f, g = identity) pairs(function(x, y) f(g(x)))
    half <- function(x) x / 2
    above <- function(x) abs(x) + 1
    expect_tensors(list(
      abs(t_i), sign(t_i), sqrt(u_i), floor(t_i), ceiling(t_i), trunc(t_i),
      round(t_i), round(t_i, 1), exp(t_i), log(u_i), log(u_i, 2),
      log(u_i, base = 10), expm1(t_i), log1p(u_i), log2(u_i), log10(u_i)
    ), list(
      of(abs), of(sign), of(sqrt, abs), of(floor), of(ceiling), of(trunc),
      of(function(x) round(x, 0)),
      of(function(x) round(x, 1)), of(exp), of(log, abs),
      of(log2, abs), of(log10, abs), of(expm1), of(log1p, abs), of(log2, abs),
      of(log10, abs)
    ), precision)
    expect_tensors(list(
      cos(t_i), sin(t_i), tan(s_i), acos(s_i), asin(s_i), atan(t_i),
      cosh(t_i), sinh(t_i), tanh(t_i), acosh(u_i + 1), asinh(t_i), atanh(s_i),
      lgamma(u_i + 1), digamma(u_i + 1), trigamma(u_i + 1),
      atan2(t_i, Vj(y)), atan2(t_i, 2), atan2(2, t_i)
    ), list(
      of(cos), of(sin), of(tan, half), of(acos, half), of(asin, half),
      of(atan), of(cosh), of(sinh), of(tanh), of(acosh, above), of(asinh),
      of(atanh, half), of(lgamma, above), of(digamma, above),
      of(trigamma, above), pairs(atan2),
      pairs(function(x, y) atan2(x, 2)), pairs(function(x, y) atan2(2, x))
    ), precision)
  })

  test_that(paste("functions of the formula language,", precision), {
    t_i <- Vi(x) + 0 * Vj(y)
    y_j <- Vj(y)
    of <- function(f) pairs(function(x, y) f(x))
    expect_tensors(list(
      square(t_i), rsqrt(abs(t_i)), inv(t_i), xlogx(abs(t_i)), sinxdivx(t_i),
      relu(t_i), step(t_i), mod(t_i, 0.7), mod(t_i, 0.7, 0.2),
      clamp(t_i, -0.3, abs(y_j)), clampint(t_i, -1L, 1), ifelse(t_i < y_j, t_i, 2),
      ifelse(t_i, y_j, 0), min(t_i, y_j), pmax(t_i, 0, y_j),
      min(t_i), max(t_i), sum(t_i), mean(t_i), any(t_i > 1), all(t_i > -1)
    ), list(
      of(square), of(function(x) rsqrt(abs(x))), of(inv),
      of(function(x) xlogx(abs(x))), of(sinxdivx), of(relu),
      of(function(x) x >= 0), of(function(x) mod(x, 0.7)),
      of(function(x) mod(x, 0.7, 0.2)),
      pairs(function(x, y) pmin(pmax(x, -0.3), abs(y))),
      of(function(x) clamp(x, -1, 1)),
      pairs(function(x, y) ifelse(x < y, x, 2)),
      pairs(function(x, y) ifelse(x >= 0, y, 0)), pairs(pmin),
      pairs(function(x, y) pmax(x, 0, y)), of(min), of(max), of(sum), of(mean),
      of(function(x) any(x > 1)), of(function(x) all(x > -1))
    ), precision)
  })

  test_that(paste("vectors,", precision), {
    x_i <- Vi(x)
    y_j <- Vj(y)
    weights <- c(0.5, 1, 2)
    S <- crossprod(matrix(c(1, 2, 0, 1, 1, 1, 0.5, 0, 1), 3))
    A <- matrix(1:6 / 4, 2)
    expect_tensors(list(
      x_i | y_j, sqnorm2(x_i) + 0 * sum(y_j), norm2(x_i - y_j),
      normalize(x_i) + 0 * y_j, sqdist(x_i, y_j),
      weightedsqnorm(x_i - y_j, weights), weightedsqdist(x_i, y_j, c(S)),
      elem(x_i, 2) * elem(y_j, 3), extract(x_i, 2, 2) + 0 * sum(y_j),
      elemT(sum(x_i * y_j), 2, 4), extractT(x_i * y_j, 2, 4),
      concat(x_i, y_j), matvecmult(c(A), x_i) + 0 * sum(y_j),
      vecmatmult(x_i, c(t(A))) + 0 * sum(y_j), tensorprod(x_i, y_j),
      x_i[c(3, 1)] + y_j[-1], x_i[2:3] * y_j[c(TRUE, FALSE, TRUE)],
      argmin(x_i + y_j), argmax(x_i * y_j)
    ), list(
      pairs(function(x, y) sum(x * y)), pairs(function(x, y) sum(x^2)),
      pairs(function(x, y) sqrt(sum((x - y)^2))),
      pairs(function(x, y) x / sqrt(sum(x^2))),
      pairs(function(x, y) sum((x - y)^2)),
      pairs(function(x, y) sum(weights * (x - y)^2)),
      pairs(function(x, y) sum((x - y) * S %*% (x - y))),
      pairs(function(x, y) x[2] * y[3]), pairs(function(x, y) x[2:3]),
      pairs(function(x, y) c(0, sum(x * y), 0, 0)),
      pairs(function(x, y) c(0, x * y)), pairs(c),
      pairs(function(x, y) A %*% x), pairs(function(x, y) x %*% t(A)),
      pairs(outer), pairs(function(x, y) x[c(3, 1)] + y[2:3]),
      pairs(function(x, y) x[2:3] * y[c(1, 3)]),
      pairs(function(x, y) which.min(x + y)),
      pairs(function(x, y) which.max(x * y))
    ), precision)
  })
}

test_that("one_hot counts from 1, and so do the others; from 0 by an option", {
  p_i <- Vi(matrix(c(1, 3, 2), 3))
  expect_tensors(list(one_hot(p_i, 3)), list(array(
    diag(3)[c(1, 3, 2), ], c(3, 1, 3)
  )))
  local_rkeops_options(index_base = 0)
  expect_tensors(list(one_hot(p_i, 4)), list(array(
    diag(4)[c(2, 4, 3), ], c(3, 1, 4)
  )))
  x_i <- Vi(x)
  expect_identical(elem(x_i, 0)$formula, x_i[0]$formula)
  expect_identical(extract(x_i, 1, 2)$formula, x_i[1:2]$formula)
  expect_error(elem(x_i, 3), "from 0 to 2", class = "rkeops_error_argument")
})

test_that("all operations are at hand by their names", {
  kernel <- function(d) (1 + sqrt(5) * d + 5 / 3 * d^2) * exp(-sqrt(5) * d)
  expect_tensors(list(
    lazy_apply("Matern52", Vi(x), Vj(y), 0.7),
    lazy_apply("Logistic", Vi(x) + Vj(y)),
    lazy_apply("SumT", sum(Vi(x) * Vj(y)), 2),
    lazy_apply("TensorDot", Vi(x), Vj(y), 3, 3, 0, 0),
    lazy_apply("Max", Vi(x), Vj(y)),
    unaryop.LazyTensor(Vi(x) * Vj(y), "Pow", 2),
    binaryop.LazyTensor(Vi(x), Vj(y), "+", is_operator = TRUE),
    ternaryop.LazyTensor(Vi(x) + Vj(y), 0, 1, "Clamp")
  ), list(
    pairs(function(x, y) kernel(sqrt(sum((x - y)^2)) / 0.7)),
    pairs(function(x, y) stats::plogis(x + y)),
    pairs(function(x, y) rep(sum(x * y), 2)),
    pairs(function(x, y) sum(x * y)), pairs(pmax),
    pairs(function(x, y) (x * y)^2), pairs(`+`),
    pairs(function(x, y) clamp(x + y, 0, 1))
  ))
})

test_that("every operation of the table can be called by its name", {
  rows <- formula_language()
  data <- list(
    f = Vi(lazy_points(3, 2)), s = Pm(0.5), c = Pm(0.5), n = 2L, m = 1L
  )
  unary <- rows$name[rows$arguments == "f"]
  for (name in setdiff(unary, "Det")) {
    tensor <- lazy_apply(name, data$f)
    expect_s4_class(tensor, "LazyTensor")
  }
  expect_gt(length(unary), 50)
})

test_that("on numbers the functions are those of R", {
  numbers <- c(-2, 0, 0.5, NA)
  expect_identical(square(numbers), numbers^2)
  expect_identical(inv(numbers), 1 / numbers)
  expect_identical(relu(numbers), c(0, 0, 0.5, NA))
  expect_identical(xlogx(c(0, 1, 2)), c(0, 0, 2 * log(2)))
  expect_identical(sinxdivx(c(0, 1)), c(1, sin(1)))
  expect_identical(clamp(numbers, 0, 0.2), c(0, 0, 0.2, NA))
  expect_identical(atan2(1, c(2, NA)), base::atan2(1, c(2, NA)))
  expect_identical(
    ifelse(c(a = TRUE, b = NA), 1, 3), base::ifelse(c(a = TRUE, b = NA), 1, 3)
  )
  # the alternative that is not needed is not computed
  expect_identical(ifelse(TRUE, 1, stop("not needed")), 1)
  expect_identical(rowSums(matrix(1:6, 2)), base::rowSums(matrix(1:6, 2)))
  expect_identical(
    colMeans(data.frame(a = 1:2, b = c(NA, 1)), na.rm = TRUE),
    base::colMeans(data.frame(a = 1:2, b = c(NA, 1)), na.rm = TRUE)
  )
  expect_identical(
    rowSums(array(1:24, 2:4), dims = 2), base::rowSums(array(1:24, 2:4), dims = 2)
  )
  expect_identical(crossprod(1:3), base::crossprod(1:3))
  expect_identical(tcrossprod(1:3, 1:2), base::tcrossprod(1:3, 1:2))
  expect_identical(sum(c(1:10, NA), na.rm = TRUE), 55L)
  expect_identical(1:3 %*% 1:3, matrix(14))
})

test_that("functions of R keep every edge case for what is not lazy", {
  calls <- expression(
    ifelse(NA, 1, 2), ifelse(logical(), 1, 2), ifelse(c(a = TRUE), "x", 1),
    ifelse(matrix(c(TRUE, FALSE), 1), 1:2, 3), ifelse(c(1, 0), "yes", "no"),
    ifelse(1:3 > 2, as.Date("2020-01-01"), 5), ifelse(list(TRUE), 1, 2),
    1 + NULL, -c(a = 1), !c(a = TRUE), TRUE | NA, 5 %% 3, 1:2 %*% 1:2,
    sum(), sum(1L, 2.5, TRUE), max(character()), min(3, NA, na.rm = TRUE),
    prod(NULL), range(c(3, 1)), mean(c(1, NA), na.rm = TRUE), round(-1.567, 2),
    log(8, 2), log(-1), sqrt("a"), Mod(-1), Re(1 + 2i), atan2(NULL, 1),
    atan2(c(a = 1), 2), rowSums(1:3), rowSums(matrix(c(1, NA), 1), TRUE),
    colMeans(data.frame(a = 1:2)), crossprod(matrix(1:4, 2), 1:2),
    tcrossprod(1:2), diag(2), diag(matrix(1:4, 2)), diag(c(1, 2)),
    diag(1, 2, 3), diag("a"), norm(matrix(1:4, 2)), norm(matrix(1:4, 2), "F"),
    norm(1), is.na(c(a = 1, b = NA)), t(1:3), dim(1:3), as.matrix(1:2),
    as.vector(matrix(1:4, 2)), as.numeric("1"), cbind(1, b = 2), rbind(1:2, 3),
    dimnames(matrix(1)), length(NULL)
  )
  value <- function(call, environment) {
    tryCatch(
      suppressWarnings(eval(call, environment)), error = conditionMessage
    )
  }
  for (call in calls) {
    expect_identical(
      value(call, as.environment("package:rkeops")), value(call, baseenv()),
      info = deparse(call)
    )
  }
})

test_that("step() still steps, also with data of the calling function", {
  chosen <- function() {
    local_data <- data.frame(y = c(1, 2, 3.5, 4, 5), a = 1:5, b = c(2, 1, 3, 5, 4))
    model <- stats::lm(y ~ a + b, data = local_data)
    step(model, direction = "backward", trace = 0)
  }
  expect_s3_class(chosen(), "lm")
})

test_that("what is not defined is said", {
  x_i <- Vi(x)
  z_i <- Vi(complex_points(3, 2))
  expect_snapshot(error = TRUE, {
    gamma(x_i)
    cumsum(x_i)
    x_i + 1:2
    round(x_i, 0.5)
    Re(x_i)
    z_i < 1
    tan(z_i)
    z_i %% 2
    relu(z_i)
    clampint(x_i, 0.5, 1)
    elem(x_i, 0)
    elem(x_i, 4)
    extract(x_i, 2, 3)
    x_i[4]
    x_i[integer()]
    lazy_apply("Extract", x_i, 0.5, 1)
  })
})
