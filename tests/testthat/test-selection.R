# Derivatives select: the branch that is not taken may be infinite or NaN, and
# has no part in any derivative, whatever is done to the result.

interpret_unless_exhaustive()

skip_on_cran()

# With x = Vi(3), at rows[k, ] the elementwise call has the derivatives
# first[k, ] and second[k, ].
elementwise_cases <- function() {
  rows <- rbind(c(-1, 2, -0.5), c(0.5, -2, 3), c(0, 2, -3), c(0, 3, 0.5))
  case <- function(call, first, second) {
    list(call = call, first = first(rows), second = second(rows))
  }
  list(
    x = rows,
    cases = list(
      case(
        "IfElse(x, Sqrt(x), x * x * x)",
        function(x) ifelse(x > 0, 0.5 / sqrt(abs(x)), ifelse(x == 0, 0, 3 * x^2)),
        function(x) ifelse(x > 0, -0.25 * abs(x)^-1.5, ifelse(x == 0, 0, 6 * x))
      ),
      case(
        "IfElse(Square(x) - 0.1, Inv(x), 0)",
        function(x) ifelse(x == 0, 0, -1 / x^2),
        function(x) ifelse(x == 0, 0, 2 / x^3)
      ),
      case(
        "IfElse(0.1 - Square(x), 2, Log(Square(x)))",
        function(x) ifelse(x == 0, 0, 2 / x),
        function(x) ifelse(x == 0, 0, -2 / x^2)
      ),
      case(
        "ReLU(Log(Abs(x)))", function(x) ifelse(abs(x) < 1, 0, 1 / x),
        function(x) ifelse(abs(x) < 1, 0, -1 / x^2)
      ),
      case(
        "Exp(ReLU(1 - Inv(Square(x))))",
        function(x) ifelse(abs(x) < 1, 0, exp(1 - x^-2) * 2 / x^3),
        function(x) {
          ifelse(abs(x) < 1, 0, exp(1 - x^-2) * (4 / x^6 - 6 / x^4))
        }
      ),
      case(
        "ClampInt(Inv(x), -1, 1)",
        function(x) ifelse(abs(x) < 1, 0, -1 / x^2),
        function(x) ifelse(abs(x) < 1, 0, 2 / x^3)
      ),
      case(
        "Clamp(0, Log(Abs(x)), 5)",
        function(x) ifelse(abs(x) <= 1, 0, 1 / x),
        function(x) ifelse(abs(x) <= 1, 0, -1 / x^2)
      ),
      case(
        "Maximum(Log(Abs(x)), x - 3)",
        function(x) ifelse(log(abs(x)) >= x - 3, 1 / x, 1),
        function(x) ifelse(log(abs(x)) >= x - 3, -1 / x^2, 0)
      ),
      case(
        "Minimum(2 * x, Inv(Square(x)))",
        function(x) ifelse(2 * x <= x^-2, 2, -2 / x^3),
        function(x) ifelse(2 * x <= x^-2, 0, 6 / x^4)
      ),
      case(
        "XLogX(Square(x))",
        function(x) ifelse(x == 0, 0, 2 * x * (log(x^2) + 1)),
        function(x) ifelse(x == 0, 0, 2 * log(x^2) + 6)
      ),
      case(
        "Square(x) ^ 0.75", function(x) 1.5 * sign(x) * sqrt(abs(x)),
        function(x) ifelse(x == 0, 0, 0.75 / sqrt(abs(x)))
      ),
      case(
        "Powf(Square(x), p)", function(x) 1.5 * sign(x) * sqrt(abs(x)),
        function(x) ifelse(x == 0, 0, 0.75 / sqrt(abs(x)))
      ),
      case(
        "Powf(Abs(x), 1.25)", function(x) 1.25 * sign(x) * abs(x)^0.25,
        function(x) ifelse(x == 0, 0, 0.3125 * abs(x)^-0.75)
      ),
      # choices in choices, sums of choices, what they have in common
      case(
        "IfElse(x, IfElse(x - 0.1, Log(x), 5), 7)",
        function(x) ifelse(x <= 0, 0, 1 / x), function(x) ifelse(x <= 0, 0, -1 / x^2)
      ),
      case(
        "IfElse(x - 0.1, Log(x), 0) + IfElse(x + 0.1, 0, Log(-x))",
        function(x) ifelse(x == 0, 0, 1 / x),
        function(x) ifelse(x == 0, 0, -1 / x^2)
      ),
      case(
        "Exp(IfElse(x - 0.1, Log(x), 0) * IfElse(x - 1, Log(x), 0))",
        function(x) {
          l <- log(abs(x))
          ifelse(x < 1, 0, exp(l^2) * 2 * l / x)
        },
        function(x) {
          l <- log(abs(x))
          ifelse(x < 1, 0, exp(l^2) * (4 * l^2 + 2 - 2 * l) / x^2)
        }
      )
    )
  )
}

choice_args <- c("x = Vi(3)", "p = Pm(1)", "e = Vi(3)", "h = Vi(3)")

test_that("derivatives of choices are those of the branch that is taken", {
  all <- elementwise_cases()
  if (!identical(Sys.getenv("RKEOPS_COMPILE"), "never")) {
    # one program for all: compiling takes long
    all$cases <- list(list(
      call = Reduce(
        function(a, b) sprintf("%s + %s", a, b),
        sprintf("(%s)", vapply(all$cases, `[[`, "", "call"))
      ),
      first = Reduce(`+`, lapply(all$cases, `[[`, "first")),
      second = Reduce(`+`, lapply(all$cases, `[[`, "second"))
    ))
  }
  eta <- exact_points(nrow(all$x), 3, start = 9)
  direction <- exact_points(nrow(all$x), 3, start = 40)
  input <- list(all$x, 0.75, eta, direction)
  limits <- c(float64 = 1e-13, float32 = 1e-5)
  for (case in all$cases) for (way in ways()) {
    local({
      local_way(way)
      value <- function(formula) {
        formula <- sprintf("Sum_Reduction(%s, 0)", formula)
        used <- vapply(c("p", "e", "h"), function(name) {
          grepl(sprintf("\\b%s\\b", name), formula)
        }, NA)
        op <- keops_kernel(
          formula, choice_args[c(TRUE, used)], precision = way$precision
        )
        op(input[c(TRUE, used)], ny = 1)
      }
      near <- function(actual, expected, what) {
        expect_near(
          actual, expected, way, limits * max(abs(expected)),
          paste(what, "of", case$call)
        )
      }
      near(
        value(sprintf("Grad(%s, x, e)", case$call)), eta * case$first, "Grad"
      )
      near(
        value(sprintf("Diff(%s, x, h)", case$call)), direction * case$first,
        "Diff"
      )
      near(
        value(sprintf("Grad(Grad(%s, x, e), x, h)", case$call)),
        eta * direction * case$second, "Grad of Grad"
      )
      near(
        value(sprintf("Diff(Diff(%s, x, e), x, h)", case$call)),
        eta * direction * case$second, "Diff of Diff"
      )
    })
  }
})

# Points that meet, masked by their numbers k and l: a step of a finite
# difference leaves the choice as it is.
pair_args <- c(
  "x = Vi(2)", "y = Vj(2)", "b = Vj(2)", "k = Vi(1)", "l = Vj(1)", "A = Pm(4)"
)

pair_data <- function() {
  # far enough from each other for finite differences; two pairs meet, and a row
  # and a column are zero
  x <- rbind(c(0.6, 1.7), c(1.1, 0.9), c(1.9, 1.3), c(0.35, 0.55), 0)
  y <- rbind(c(0.95, 1.45), x[2, ], c(1.55, 0.7), x[3, ], c(2.3, 2.05), 0)
  list(
    x = x, y = y, b = exact_points(6, 2, start = 3),
    k = matrix(c(0, 2, 4, 0, 9)), l = matrix(c(-1, 2, -1, 4, -1, 9)),
    A = matrix(c(1, 2, -1, 0.5), 1)
  )
}

# not(f): f where k and l differ; f may be anything where they are equal
pair_calls <- function() {
  not <- function(f, otherwise = "0") {
    sprintf("IfElse(Abs(k - l) - 0.5, %s, %s)", f, otherwise)
  }
  distance <- "SqDist(x, y)"
  masked <- not("Log(SqDist(x, y))")
  each <- "IfElse(Concat(Abs(k - l), Abs(k - l) * Abs(k - 4)) - 0.5, Log(%s), 0)"
  vector <- sprintf(each, "Square(x - y)")
  # of the rows 3 (k = 4) and 5 (k = 9)
  rows <- "IfElse(Abs(k - 9) - 0.5, %s, 0)"
  c(
    # values of one component, and of two
    sprintf("Sum_Reduction(%s, 0)", c(
      masked, not("Inv(Norm2(x - y))"), not("SqDist(x, y)^(-0.5) * b"),
      not(sprintf("Pow(%s, -6) - Pow(%s, -3)", distance, distance)),
      not(sprintf("%s * Log(%s)", distance, distance)),
      sprintf("Exp(-%s) * b", masked), vector,
      not("Log(Square(x - y))"),
      # summed, repeated, taken, inserted, concatenated, multiplied
      not("Sum(Inv(x - y))"), sprintf("Sum(%s)", vector),
      sprintf("SumT(%s, 2) * b", masked), sprintf("Elem(%s, 1)", vector),
      not("Elem(Inv(x - y), 0)"), sprintf("ElemT(%s, 3, 1)", masked),
      sprintf("Concat(%s, %s)", masked, vector),
      sprintf("MatVecMult(A, %s)", vector),
      sprintf("VecMatMult(%s, TensorProd(x, b))", vector),
      sprintf("TensorProd(%s, x + y)", vector),
      not("MatVecMult(TensorProd(Inv(x - y), b), x)"),
      "MatVecMult(TensorProd(IfElse(Concat(k - l, l - k), x, 0), b), x - y)",
      not("Cross(Concat(Inv(x - y), l), Concat(b, l))"),
      not("ComplexAbs(ComplexDivide(b, x - y))"),
      not("Normalize(Inv(x - y))"), not("Softmax(Log(Square(x - y)))"),
      # several choices
      sprintf("%s * %s", masked, not("Inv(Norm2(x - y))")),
      sprintf("%s + IfElse(k - 3, Exp(Elem(x, 0)), 0)", masked),
      sprintf("%s + IfElse(Abs(l - 9) - 0.5, Log(SqNorm2(y)), 0)", vector),
      not("IfElse(k - 3, Log(SqDist(x, y)), 1)", "3"),
      sprintf("Elem(%s, 0) + Elem(x, 1) * b", vector),
      sprintf("Max(%s) * b", sprintf(each, "Square(x - y)")),
      sprintf("Maximum(%s, x)", not("Log(Square(x - y))", "-3")),
      not("SoftDTW_SqDist(x, Inv(x - y), 0.5)"),
      not("Elem(BSpline(Concat(Concat(0, x), Concat(4, 5)), Inv(Norm2(x - y)), 1), 0)")
    )),
    # reductions that look for some elements
    sprintf("%s_Reduction(%s, 0)", c("Min", "Max", "Min_ArgMin", "Max_ArgMax"), c(
      "Inv(SqDist(x, y))", masked, "Inv(Square(x - y))", "Log(SqDist(x, y))"
    )),
    sprintf("%s_Reduction(%s, 2, 0)", c("KMin", "KMin_ArgKMin", "KMax", "KMin"), c(
      "Inv(SqDist(x, y))", "Inv(Square(x - y))", "Log(SqDist(x, y))",
      "Inv(Square(x - y))"
    )),
    # other reductions
    sprintf("%s_Reduction(%s, 0)", c("Mean", "Var", "Prod", "LogSumExp"), masked),
    sprintf("%s_Reduction(%s, 0, Square(b))", c("LogSumExp", "SumSoftMaxWeight"), masked),
    sprintf("Max_SumShiftExpWeight_Reduction(%s, 0, b)", masked),
    # below a choice, and above
    sprintf(
      rows,
      sprintf("Log(%s)", c(
        "Sum_Reduction((x | x) * (b | b), 0)", "Mean_Reduction(Square(x) + 0 * l, 0)",
        "Var_Reduction(x * Exp(l), 0)", "KMin_Reduction((x | x) * (b | b), 2, 0)",
        "Min_Reduction(Square(x) * Square(b), 0)"
      ))
    ),
    sprintf(rows, "LogSumExp_Reduction(Log(Square(Elem(x, 0))) - (b | b), 0)"),
    sprintf(rows, "SumSoftMaxWeight_Reduction(Log(Square(Elem(x, 0))) * l, 0, b)"),
    sprintf(
      "Sum_Reduction(IfElse(Abs(k - 9) - 0.5, Exp(-%s) / %s, 0), 0)", distance,
      "Sum_Reduction(Norm2(x) * Square(b), 0)"
    ),
    sprintf(
      "Min_Reduction(%s - Log(Sum_Reduction(SqNorm2(y) * Exp(-%s), 1)), 0)",
      distance, distance
    ),
    # the elements that are found are told by their first components
    "Elem(Min_ArgMin_Reduction(Inv(Square(x - y)), 0), 1)",
    "IfElse(Concat(k - 3, 5 - k), KMin_Reduction(Inv(SqDist(x, y)), 2, 0), 0)",
    "IfElse(Concat(k - 3, 5 - k), Log(Max_Reduction(Inv(1 + Square(x - y)), 0)), 0)"
  )
}

differences <- function(op, data, name) {
  change <- function(step, place) {
    data[[name]][place] <- data[[name]][place] + step
    op(data)
  }
  sapply(seq_along(data[[name]]), function(place) {
    step <- 2^-11
    (8 * (change(step, place) - change(-step, place)) -
       (change(2 * step, place) - change(-2 * step, place))) / (12 * step)
  }, simplify = "array")
}

test_that("derivatives of choices agree with finite differences", {
  local_rkeops_options(compile = "never")
  data <- pair_data()
  limits <- c(float64 = 1e-7, float32 = 1e-4)
  for (formula in pair_calls()) for (name in c("x", "y")) {
    if (!name %in% variables_of(formula)) next
    op <- keops_kernel(formula, pair_args, precision = "float64")
    slopes <- differences(op, data, name)
    eta <- exact_points(dim(slopes)[1], dim(slopes)[2], start = 8)
    u <- exact_points(nrow(data[[name]]), 2, start = 20)
    expected <- apply(slopes * c(eta), 3, sum)
    gradient <- keops_grad(op, name)
    twice <- differences(function(data) {
      gradient(c(unname(data), list(eta)))
    }, data, name)
    expect_true(all(is.finite(slopes)), label = formula)
    expect_true(all(is.finite(twice)), label = paste(formula, "twice"))
    for (precision in names(limits)) {
      way <- list(engine = "interpreted", precision = precision)
      near <- function(actual, expected, what) {
        expect_near(actual, expected, way, limits, paste(what, "of", formula, name))
      }
      op <- keops_kernel(formula, pair_args, precision = precision)
      gradient <- keops_grad(op, name)
      input <- c(unname(data), list(eta))
      near(gradient(input), expected, "gradient")
      second <- keops_grad(gradient, name)
      near(
        second(c(input, list(u))), apply(twice * c(u), 3, sum),
        "second gradient"
      )
      forward <- keops_kernel(
        sprintf("Diff(%s, %s, u)", formula, name),
        c(pair_args, sub(name, "u", pair_args[match(name, letters[24:25])])),
        precision = precision
      )
      near(
        forward(c(unname(data), list(u))),
        apply(slopes * rep(c(u), each = prod(dim(slopes)[1:2])), 1:2, sum), "Diff"
      )
    }
  }
})

test_that("compiled gradients of choices are the interpreted ones", {
  skip_if(identical(Sys.getenv("RKEOPS_COMPILE"), "never"))
  calls <- pair_calls()
  sums <- grep("^Sum_Reduction.*0[)]$", calls, value = TRUE)
  few <- sub("^Sum_Reduction[(](.*), 0[)]$", "\\1", sums[c(1, 4, 7, 13, 16, 20)])
  together <- as_sum(concatenated(few))
  for (formula in c(together, grep("^KMin_Reduction", calls, value = TRUE)[1])) {
    data <- c(unname(pair_data()))
    op <- keops_kernel(formula, pair_args, precision = "float64")
    columns <- ncol(op(data))
    args <- c(pair_args, sprintf("e = Vi(%d)", columns), "u = Vi(2)")
    data <- c(data, list(exact_points(5, columns), exact_points(5, 2)))
    for (precision in c("float64", "float32")) {
      expect_engines_agree(
        sprintf("Grad(Grad(%s, x, e), x, u)", formula), args, data, precision,
        slack = 10
      )
    }
  }
})

test_that("gradients of lazy tensors select", {
  local_rkeops_options(compile = "never", precision = "float64")
  x <- rbind(c(1, 2), c(1, 2), c(0, 1), c(3, 1))
  pair <- expand.grid(i = 1:4, j = 1:4)
  pair <- pair[rowSums((x[pair$i, ] - x[pair$j, ])^2) > 0, ]
  # the derivative of f(r^2) in x, summed over the pairs that do not meet
  slope <- function(derivative, pairs = pair) {
    difference <- x[pairs$i, ] - x[pairs$j, ]
    terms <- derivative(rowSums(difference^2)) * 2 * difference
    apply(terms, 2, function(t) tapply(t, factor(pairs$i, 1:4), sum))
  }
  # y is other data: gradients in x_i alone
  x_i <- Vi(x)
  D <- sqdist(x_i, Vj(x + 0))
  i <- Vi(1:4)
  j <- Vj(1:4)
  expect_slope <- function(f, derivative) {
    expect_equal(
      unname(grad(f, 1, "Sum", x_i, "j")), unname(slope(derivative))
    )
  }
  expect_slope(ifelse(D > 0, log(D), 0), function(d) 1 / d)
  expect_slope(ifelse(D == 0, 0, D^-1.5), function(d) -1.5 * d^-2.5)
  expect_slope(ifelse(D > 0, 1 / sqrt(D), 0), function(d) -0.5 * d^-1.5)
  expect_slope(xlogx(D), function(d) log(d) + 1)
  expect_slope(D^0.75, function(d) 0.75 * d^-0.25)
  expect_slope(D^Pm(0.75), function(d) 0.75 * d^-0.25)
  expect_slope(ifelse(D > 0, D * log(D), 0), function(d) log(d) + 1)
  expect_slope(ifelse(i == j, 0, 1 / (D + 1)), function(d) -1 / (d + 1)^2)
  apart <- x + 0:3 / 8
  a_i <- Vi(apart)
  r <- norm2(a_i - Vj(apart + 0))
  expect_equal(
    unname(grad(ifelse(i == j, 0, 1 / r), 1, "Sum", a_i, "j")),
    t(sapply(1:4, function(k) {
      difference <- t(apart[k, ] - t(apart[-k, ]))
      colSums(-difference / rowSums(difference^2)^1.5)
    }))
  )
  # at each pair, and twice
  each <- keops_grad(ifelse(D > 0, log(D), 0), x_i)
  expect_equal(unname(rowSums(each)), unname(slope(function(d) 1 / d)))
  twice <- keops_grad(sum(each), x_i)
  expect_true(all(is.finite(as.array(twice))))
})

test_that("a cluster of Lennard-Jones particles comes to rest", {
  skip_on_cran()
  local_rkeops_options(compile = "never", precision = "float64")
  golden <- (1 + sqrt(5)) / 2
  corners <- as.matrix(expand.grid(0, c(-1, 1), c(-golden, golden)))
  icosahedron <- rbind(
    0, corners, corners[, c(3, 1, 2)], corners[, c(2, 3, 1)]
  ) / sqrt(1 + golden^2) * 1.1
  start <- icosahedron + 0.1 * (points(13, 3) - 0.5)
  i <- 1:13
  energy <- lazy_objective(function(x) {
    r6 <- sqdist(Vi(x), Vj(x))^-3
    ifelse(Vi(i) == Vj(i), 0, 2 * (r6^2 - r6))
  }, start)
  expect_true(all(is.finite(energy$gr(c(start)))))
  found <- stats::optim(
    c(start), energy$fn, energy$gr, method = "BFGS",
    control = list(maxit = 500, reltol = 1e-14)
  )
  expect_identical(found$convergence, 0L)
  expect_equal(found$value, -44.326801, tolerance = 1e-8)
  expect_lt(max(abs(energy$gr(found$par))), 1e-3)
})
