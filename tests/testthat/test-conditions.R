# Mistakes of a first user give one R error of its class, which says what is
# wrong, and the session goes on.

args <- c("x=Vi(3)", "y=Vj(3)", "b=Vj(6)", "s=Pm(1)")

test_that("wrong formulas are shown with the place of the error", {
  expect_snapshot(error = TRUE, {
    keops_kernel("Sum_Reduction(Expo(-s * SqNorm2(x - y)) * b, 0)", args)
    keops_kernel("Sum_Reduction(Exp(-s * SqNorm2(x - z)) * b, 0)", args)
    keops_kernel("Sum_Reduction(Exp(-s * SqNorm2(x - y) * b, 0)", args)
    keops_kernel("Sum_Reduction(SqNorm2(x - b), 0)", args)
    keops_kernel("Sum_Reduction(x - y)", args)
    keops_kernel("Add_Reduction(x - y, 0)", args)
    keops_kernel("Sum_Reduction(x - y, 2)", args)
  })
})

test_that("wrong formulas are errors of their class", {
  wrong <- c(
    "", "Sum_Reduction(Expo(x), 0)", "Sum_Reduction(x - z, 0)",
    "Sum_Reduction(Exp(x, 0)", "Sum_Reduction(x - b, 0)", "x - y",
    "Sum_Reduction(x, 2)", "Sum_Reduction(x; y, 0)", "Sum_Reduction({x}, 0)",
    "Sum_Reduction(x %in% y, 0)", "Sum_Reduction(,0)"
  )
  for (formula in wrong[-1]) {
    expect_rkeops_error(keops_kernel(formula, args), "formula")
  }
  expect_rkeops_error(keops_kernel("", args), "argument")
})

test_that("wrong declarations are errors of their class", {
  make <- function(...) keops_kernel("Sum_Reduction(x, 0)", c(...))
  expect_rkeops_error(make("x = Vk(3)"), "formula")
  expect_rkeops_error(make("x = Vi(three)"), "formula")
  expect_rkeops_error(make("x = Vi(0)"), "formula")
  expect_rkeops_error(make("x"), "formula")
  expect_rkeops_error(make("x = Vi(3)", "x = Vj(3)"), "formula")
  expect_rkeops_error(make("x = Vi(0,3)", "y = Vj(3)"), "formula")
  expect_rkeops_error(make(NA), "argument")
})

test_that("wrong inputs name the argument, what it is and what is wanted", {
  op <- gaussian_operator()
  data <- gaussian_data(10, 15)
  expect_snapshot(error = TRUE, {
    op(data$x, data$y)
    op(list(data$x[, 1:2], data$y, data$b, data$s))
    op(list(data$x, data$y, data$b[1:14, ], data$s))
    op(list(data$x, data$y, data$b, 1:2))
    op(list(data$x, data$y, data$b, "0.2"))
    op(list(x = data$x, y = data$y, b = data$b, sigma = 1))
    op(data, inner_dim = 3)
    op(data, nx = 11)
  })
})

test_that("what is missing is named", {
  op <- gaussian_operator()
  x_i <- Vi(points(4, 2))
  expect_snapshot(error = TRUE, {
    keops_kernel()
    keops_grad(op)
    explain()
    set_rkeops_option()
    set_rkeops_option("precision")
    Vi()
    sqdist(x_i)
    clamp(x_i, 1)
    elem(x_i)
    argKmin(x_i, 3)
    argKmin(x_i, index = "j")
    sumsoftmaxweight(x_i, "j")
    grad(x_i, 1, "Sum", index = "j")
    lazy_objective()
    lazy_apply()
  })
})

test_that("objects of classes and turned matrices are told what to do", {
  op <- gaussian_operator()
  data <- gaussian_data(10, 15)
  expect_snapshot(error = TRUE, {
    op(t(data$x), data$y, data$b, data$s)
    op(t(data$x), t(data$y), data$b, data$s, inner_dim = 0)
    op(Vi(data$x), data$y, data$b, data$s)
    Vi(factor(1:3)) + 1
    Vi(list(1, 2))
    Vi(array(0, c(2, 2, 2)))
    Vi(data.frame(a = 1, b = "b"))
    Pm(numeric())
    set_rkeops_option("threads", 1e6)
    sum(Vi(data$x), axis = 1)
    lazy_objective(function(p) Pm(p), c(1, 2))$fn(1:3)
  })
})

test_that("named declarations are declarations", {
  op <- keops_kernel(
    "Sum_Reduction(x - y, 0)", c(x = "Vi(2)", y = "Vj(2)")
  )
  expect_identical(op()$args, c("x = Vi(2)", "y = Vj(2)"))
})

test_that("wrong inputs are errors of their class", {
  op <- gaussian_operator()
  data <- gaussian_data(10, 15)
  with_input <- function(...) op(utils::modifyList(data, list(...)))
  expect_rkeops_error(op(unname(data)[1:3]), "shape")
  expect_rkeops_error(op(c(unname(data), 1)), "shape")
  expect_rkeops_error(with_input(x = data$x[, 1:2]), "shape")
  expect_rkeops_error(with_input(y = data$y[1:3, ]), "shape")
  expect_rkeops_error(with_input(x = array(0, c(2, 3, 4))), "shape")
  expect_rkeops_error(with_input(x = matrix("a", 10, 3)), "argument")
  expect_rkeops_error(with_input(x = matrix(1i, 10, 3)), "argument")
  expect_rkeops_error(with_input(x = mean), "argument")
  expect_rkeops_error(with_input(x = data.frame(letters[1:10])), "argument")
  expect_rkeops_error(op(data, inner_dim = NA), "argument")
  expect_rkeops_error(op(data, inner_dim = 0), "shape")
  expect_rkeops_error(op(data, ny = 3), "shape")
  expect_rkeops_error(op(data, nx = -1), "argument")
  expect_close(op(data), do.call(gaussian_sum, data))
})

test_that("wrong variables of gradients are errors of their class", {
  op <- gaussian_operator()
  expect_rkeops_error(keops_grad(op, "z"), "argument")
  expect_rkeops_error(keops_grad(op, 4), "argument")
  expect_rkeops_error(keops_grad(op, -1), "argument")
  expect_rkeops_error(keops_grad(op, TRUE), "argument")
  expect_rkeops_error(keops_grad("Sum_Reduction(x, 0)", "x"), "argument")
})

test_that("conditions carry details and hints, and name the user's call", {
  error <- tryCatch(
    keops_kernel("Sum_Reduction(Expo(x), 0)", "x=Vi(3)"),
    rkeops_error = identity
  )
  expect_s3_class(error, c("rkeops_error_formula", "rkeops_error"))
  expect_match(paste(error$details, collapse = "\n"), "Expo")
  expect_match(paste(error$details, collapse = "\n"), "^", fixed = TRUE)
  expect_identical(as.character(conditionCall(error)[[1]]), "keops_kernel")
  op <- gaussian_operator()
  error <- tryCatch(op(list(1)), rkeops_error = identity)
  expect_identical(as.character(conditionCall(error)[[1]]), "op")
})

# A formula that no other test compiles, in a directory of its own.
fresh_call <- function(number, ..., .frame = parent.frame()) {
  directory <- withr::local_tempdir(.local_envir = .frame)
  default <- list(cache_dir = file.path(directory, "cache"), compile = "always")
  given <- list(...)
  local_rkeops_options(c(given, default[setdiff(names(default), names(given))]),
                       .frame = .frame)
  formula <- sprintf("Sum_Reduction(x + IntCst(%d), 0)", number)
  function() keops_kernel(formula, "x=Vi(1)")(1:3)
}

script <- function(lines, .frame = parent.frame()) {
  path <- withr::local_tempfile(.local_envir = .frame)
  writeLines(c("#!/bin/sh", lines), path)
  Sys.chmod(path, "700")
  path
}

test_that("no compiler, or a broken one, is an error of its class", {
  skip_on_cran()
  missing <- fresh_call(101, compiler = "/nonexistent/c++")
  expect_rkeops_error(missing(), "compile", "nonexistent")
  broken <- script("echo 'fatal error: out of order' >&2; exit 1")
  refusing <- fresh_call(102, compiler = broken)
  expect_rkeops_error(refusing(), "compile", "out of order")
  silent <- script("exit 0")
  lying <- fresh_call(103, compiler = silent)
  expect_rkeops_error(lying(), "compile")
  skip_without_compiler()
  set_rkeops_option("compiler", "")
  expect_equal(lying(), cbind(1:3 + 103))
})

# Directories were good when they were chosen.
test_that("a directory that cannot be written is an error of its class", {
  skip_on_cran()
  gone <- fresh_call(104)
  unlink(get_rkeops_cache_dir(), recursive = TRUE)
  file.create(get_rkeops_cache_dir())
  expect_rkeops_error(gone(), "cache")
  withr::local_envvar(RKEOPS_CACHE_DIR = "/proc/rkeops")
  nowhere <- fresh_call(105, cache_dir = NULL)
  expect_rkeops_error(nowhere(), "cache")
  skip_without_compiler()
  set_rkeops_cache_dir(withr::local_tempdir())
  expect_equal(nowhere(), cbind(1:3 + 105))
})

test_that("a directory of another's that others may write is refused", {
  skip_on_cran()
  shared <- fresh_call(106)
  Sys.chmod(get_rkeops_cache_dir(), "777", use_umask = FALSE)
  expect_rkeops_error(shared(), "cache")
})

test_that("a full disk is an error of its class", {
  skip_on_cran()
  directory <- local_mount("size=1m")
  full <- fresh_call(107, cache_dir = file.path(directory, "cache"))
  fill_disk(directory)
  error <- tryCatch(full(), rkeops_error = identity)
  expect_true(inherits(error, c("rkeops_error_cache", "rkeops_error_compile")))
  skip_without_compiler()
  set_rkeops_cache_dir()
  expect_equal(full(), cbind(1:3 + 107))
})

test_that("what is far too large is refused at once", {
  expect_rkeops_error(Pm(numeric(2^20 + 1)), "shape", "at most 1048576")
  expect_rkeops_error(
    keops_kernel("Sum_Reduction(x0, 1)", sprintf("x%d = Vi(1)", 0:10000)),
    "argument", "10001 variables"
  )
})

test_that("names of a million letters are shortened in messages", {
  long <- strrep("a", 1e6)
  op <- keops_kernel("Sum_Reduction(x, 1)", "x = Vi(2)")
  for (wrong in list(
    function() keops_kernel(sprintf("Sum_Reduction(%s, 0)", long), "x = Vi(2)"),
    function() keops_kernel(sprintf("%s_Reduction(x, 0)", long), "x = Vi(2)"),
    function() keops_kernel("Sum_Reduction(x, 0)", c("x = Vi(2)", rep(
      paste(long, "= Vi(2)"), 2
    ))),
    function() lazy_apply(long, Vi(1:3)),
    function() keops_grad(op, long),
    function() set_rkeops_option(long, 1),
    function() set_rkeops_option("compile", long)
  )) {
    error <- tryCatch(wrong(), rkeops_error = identity)
    expect_s3_class(error, "rkeops_error")
    expect_lt(nchar(conditionMessage(error)), 1000)
  }
  # what stands far from the place of the error is cut, also inside a character
  formula <- paste0(strrep("\u00e9", 1e5), "(", strrep("x+", 1e5), "x)")
  error <- expect_rkeops_error(
    keops_kernel(sprintf("Sum_Reduction(x + %s, 0)", formula), "x = Vi(2)"),
    "formula"
  )
  expect_true(all(validUTF8(error$details)))
})

test_that("lazy tensors that were made by hand are refused", {
  skip_on_cran()
  x <- matrix(1:6 / 7, 3)
  op <- keops_kernel("Sum_Reduction(x, 1)", "x = Vi(2)")
  pointer <- data <- sizes <- sqdist(Vi(x), Vj(x))
  pointer <- unserialize(serialize(pointer, NULL))
  pointer@state$pointer <- operator_state(op)$pointer
  data@data <- list()
  sizes@sizes <- integer()
  by_hand <- structure(list(), class = "LazyTensor")
  for (one in list(pointer, data, sizes, by_hand)) {
    error <- tryCatch(sum_reduction(one, "j"), error = identity)
    expect_s3_class(error, "rkeops_error_argument")
    expect_match(conditionMessage(error), "not whole")
  }
})

test_that("pointers of another kind are refused, never followed", {
  skip_on_cran()
  x <- matrix(1:6 / 7, 3)
  operator <- operator_state(
    keops_kernel("Sum_Reduction(x, 1)", "x = Vi(2)")
  )$pointer
  ranges <- pair_ranges(cbind(1, 2), cbind(1, 3), c(3, 3))
  cover <- native_cover(ranges)
  # of another process, too
  for (wrong in list(operator, methods::new("externalptr"))) {
    attr(ranges, "state")$pointer <- wrong
    if (identical(wrong, operator)) {
      error <- expect_rkeops_error(
        rowSums(sqdist(Vi(x), Vj(x))[ranges]), "argument"
      )
      expect_match(conditionMessage(error), "no rkeops cover of pairs")
    }
    for (call in list(
      function() r_cover_describe(wrong, TRUE), function() r_shared_job(wrong),
      function() r_shared_input(wrong, 1L),
      function() r_write_shared_input(wrong, 1L, tempfile()),
      function() r_deliver_part(wrong, 1L, raw(8))
    )) {
      expect_match(call()$message, "not whole")
    }
  }
  # what a pointer of its own kind gives
  expect_identical(r_cover_describe(cover, TRUE)$pairs, 6)
})

test_that("odd bandwidths are refused in our words", {
  frame <- data.frame(x = 1:9, y = sin(1:9))
  expect_rkeops_error(kernel_density(frame, bw = diag(3)), "argument", "bw")
  bytes <- "\xe9"
  Encoding(bytes) <- "bytes"
  expect_rkeops_error(kernel_density(frame, bw = bytes), "argument", "bw")
})
