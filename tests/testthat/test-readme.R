# The code of the README is that of its first promise, word for word, and runs.

# nolint start: single_quotes_linter.
readme_script <- c(
  'library(rkeops)',
  'formula = "Sum_Reduction(Exp(-s * SqNorm2(x - y)) * b, 0)"',
  'args = c("x = Vi(3)", "y = Vj(3)", "b = Vj(6)", "s = Pm(1)")',
  'op <- keops_kernel(formula, args)',
  'nx <- 100; ny <- 150',
  paste0(
    'X <- matrix(runif(nx*3), nrow=nx); Y <- matrix(runif(ny*3), nrow=ny); ',
    'B <- matrix(runif(ny*6), nrow=ny); s <- 0.2'
  ),
  paste0(
    'use_gpu()                      ',
    '# optional; without a GPU a clear error that says what was looked for'
  ),
  'res <- op(list(X, Y, B, s))    # 100 x 6, equal to exp(-s * D2) %*% B',
  'grad_op <- keops_grad(op, var="x")'
)
# nolint end

test_that("the README has the script", {
  lines <- readLines(file.path(source_root(), "README.md"))
  start <- match(readme_script[2], lines) - 1
  expect_identical(lines[start - 1 + seq_along(readme_script)], readme_script)
})

test_that("the script runs", {
  session <- new.env()
  for (line in readme_script) {
    if (grepl("^use_gpu", line)) {
      try_gpu <- tryCatch(use_gpu(), rkeops_error_gpu = identity)
      use_cpu(2)
    } else {
      eval(parse(text = line), session)
    }
  }
  distances <- squared_distances(session$X, session$Y)
  expect_close(
    session$res, exp(-session$s * distances) %*% session$B,
    precision = "float32"
  )
  expect_s3_class(session$grad_op, "keops_operator")
})
