# Every stage of every operator can be seen, also for an engine that this
# machine cannot run.

test_that("every stage is text", {
  op <- keops_kernel(gaussian_formula, gaussian_args)
  for (what in explained_stages) {
    for (engine in c("cpu", "cuda")) {
      lines <- explain(op, what, engine)
      expect_s3_class(lines, "rkeops_explanation")
      expect_type(unclass(lines), "character")
      expect_gt(length(lines), 0)
    }
  }
})

test_that("the stages of a lazy tensor", {
  K <- exp(-sqdist(Vi(points(4, 2)), Vj(points(5, 2))) / 2)
  for (what in explained_stages[-1]) {
    expect_gt(length(explain(K, what)), 0)
  }
  expect_match(explain(K, "graph"), "Sum_Reduction", all = FALSE)
  expect_match(explain(K, "gradient"), "in V2:", all = FALSE, fixed = TRUE)
  expect_error(explain(K, "tree"), class = "rkeops_error_argument")
})

test_that("an explanation prints itself", {
  op <- keops_kernel(gaussian_formula, gaussian_args)
  tree <- explain(op, "tree")
  expect_output(returned <- print(tree), "call Sum_Reduction")
  expect_identical(returned, tree)
})

test_that("the generated programs do not change by accident", {
  op <- keops_kernel(gaussian_formula, gaussian_args)
  directory <- withr::local_tempdir()
  for (engine in c("cpu", "cuda")) {
    name <- paste0("gaussian.", c(cpu = "cpp", cuda = "cu")[[engine]])
    path <- file.path(directory, name)
    writeLines(explain(op, "source", engine), path)
    expect_snapshot_file(path, compare = compare_file_text)
  }
  local_rkeops_options(precision = "float64")
  gradient <- keops_grad(keops_kernel(gaussian_formula, gaussian_args), "x")
  path <- file.path(directory, "gaussian-gradient.cu")
  writeLines(explain(gradient, "source", "cuda"), path)
  expect_snapshot_file(path, compare = compare_file_text)
})

test_that("wrong stages are refused", {
  op <- keops_kernel(gaussian_formula, gaussian_args)
  expect_rkeops_error(explain(op, "sources"), "argument", "`what`")
  expect_rkeops_error(explain(op, "source", "gpu"), "argument", "`engine`")
  expect_rkeops_error(explain("Sum_Reduction(x, 0)"), "argument", "`op`")
})

test_that("the cost of a lazy tensor is measured, and says what it is of", {
  x <- points(200, 2)
  K <- exp(-sqdist(Vi(x), Vj(points(300, 2))))
  cost <- explain(K, "cost")
  expect_match(cost, "200 x 300 = 60000 pairs, float32", all = FALSE)
  expect_match(
    cost, "time of a sum over j: about [0-9.]+ [a-z]+ \\([0-9.e+]+ pairs",
    all = FALSE
  )
  expect_match(cost, "result 1.6 kB; the matrix .* 0.48 MB|480 kB", all = FALSE)
  expect_error(explain(sqdist(Vi(x[0, ]), Vj(x)), "cost"), "nothing to compute",
               class = "rkeops_error_argument")
  op <- keops_kernel(gaussian_formula, gaussian_args)
  expect_error(explain(op, "cost"), "`what`", class = "rkeops_error_argument")
  expect_identical(format_seconds(c(7300)), "2 hours")
  expect_identical(format_seconds(2e-5), "0.02 milliseconds")
})
