# Few rows against many columns: lanes hold columns there.

few_rows_args <- c("x = Vi(3)", "y = Vj(3)", "b = Vj(2)", "s = Pm(1)")

few_rows_data <- function(rows, columns) {
  list(
    x = points(rows, 3), y = points(columns, 3, start = 0.3),
    b = points(columns, 2, start = 0.9) + 0.5, s = 0.7
  )
}

# A reduction, and what it gives for the squared distances d of one row.
few_rows_cases <- list(
  list("Sum_Reduction(Exp(-s * SqDist(x, y)) * b, 0)", function(d, b) {
    colSums(exp(-0.7 * d) * b)
  }),
  list("Mean_Reduction(SqDist(x, y) * b, 0)", function(d, b) colMeans(d * b)),
  list("Var_Reduction(s * SqDist(x, y), 0)", function(d, b) var(0.7 * d)),
  list("LogSumExp_Reduction(-s * SqDist(x, y), 0)", function(d, b) {
    log(sum(exp(-0.7 * d)))
  }),
  list("SumSoftMaxWeight_Reduction(-SqDist(x, y), b, 0)", function(d, b) {
    colSums(exp(-d) * b) / sum(exp(-d))
  }),
  list("Max_Reduction(SqDist(x, y), 0)", function(d, b) max(d)),
  list("ArgMin_Reduction(SqDist(x, y), 0)", function(d, b) which.min(d) - 1),
  list("KMin_Reduction(SqDist(x, y), 3, 0)", function(d, b) sort(d)[1:3])
)

few_rows_operator <- function(formula, precision = "float64") {
  used <- vapply(sub(" .*", "", few_rows_args), function(name) {
    grepl(paste0("\\b", name, "\\b"), formula)
  }, logical(1))
  op <- keops_kernel(formula, few_rows_args[used], precision = precision)
  function(data) op(data[used])
}

test_that("few rows have the same results as many", {
  for (case in few_rows_cases) {
    for (size in list(c(1, 8192), c(3, 20011), c(8, 8255))) {
      data <- few_rows_data(size[1], size[2])
      distances <- squared_distances(data$x, data$y)
      expected <- t(matrix(
        apply(distances, 1, case[[2]], b = data$b), ncol = size[1]
      ))
      # of points that are equally near in float32, any may be the first
      precisions <- c("float64", if (!grepl("^Arg", case[[1]])) "float32")
      for (precision in precisions) {
        result <- few_rows_operator(case[[1]], precision)(data)
        tolerance <- c(float64 = 1e-11, float32 = 1e-5)[[precision]]
        expect_equal(result, expected, tolerance = tolerance, info = case[[1]])
      }
    }
  }
})

test_that("few rows do not depend on threads, and are interpreted always", {
  data <- few_rows_data(1, 50000)
  op <- few_rows_operator(few_rows_cases[[1]][[1]], "float32")
  run <- function(threads, compile) {
    local_rkeops_options(threads = threads, compile = compile)
    op(data)
  }
  for (compile in compile_ways()) {
    expect_identical(run(2, compile), run(1, "never"))
  }
})
