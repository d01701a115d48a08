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
