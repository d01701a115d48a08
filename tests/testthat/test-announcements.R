# Announcements nobody asked for: nothing when the package is attached,
# one line for the first compilation of an interactive session.

# Another formula each time, in a directory where nothing is compiled.
fresh_operator <- function(number) {
  keops_kernel(sprintf("Sum_Reduction(x * IntCst(%d), 0)", number), "x=Vi(1)")
}

local_first_compilation <- function(.frame = parent.frame()) {
  skip_without_compiler()
  rlang::local_interactive(TRUE, frame = .frame)
  has_compiled <- session$has_compiled
  withr::defer(session$has_compiled <- has_compiled, .frame)
  session$has_compiled <- FALSE
  local_rkeops_options(
    cache_dir = withr::local_tempdir(.local_envir = .frame),
    compile = "always", .frame = .frame
  )
}

test_that("an interactive session hears of its first compilation", {
  skip_on_cran()
  local_first_compilation()
  expect_message(fresh_operator(301)(1:3), "Compiling .* once a session")
  expect_no_message(fresh_operator(302)(1:3))
  expect_no_message(sum(Vi(1:3) * Vj(1:3), "j"))
})

test_that("so does one that begins with a lazy tensor", {
  skip_on_cran()
  local_first_compilation()
  expect_message(sum(Vi(1:3) / Vj(4:7), "j"), "Compiled .* once a session")
  expect_no_message(sum(Vi(1:3) / Vj(4:7) + 1, "j"))
})

test_that("others hear nothing", {
  skip_on_cran()
  local_first_compilation()
  rlang::local_interactive(FALSE)
  expect_silent(fresh_operator(303)(1:3))
  expect_false(session$has_compiled)
})

test_that("attaching the package says nothing and masks no function", {
  skip_on_cran()
  skip_if_not_installed("callr")
  said <- callr::r(function() {
    output <- NULL
    withCallingHandlers(library(rkeops), message = function(m) {
      output <<- c(output, conditionMessage(m))
    })
    # generics of R itself, which do on ordinary vectors what R does
    names <- conflicts(detail = TRUE)[["package:rkeops"]]
    owners <- vapply(names, function(name) {
      c(attr(get(name, "package:rkeops"), "package"), "rkeops")[[1]]
    }, "")
    list(output, owners)
  })
  expect_null(said[[1]])
  expect_gt(length(said[[2]]), 5)
  expect_identical(setdiff(said[[2]], c("base", "methods", "stats")),
                   character())
})

# ---- once a session ----

local_unsaid <- function(.frame = parent.frame()) {
  said <- session$said
  chose <- session$chose_axis
  withr::defer({
    session$said <- said
    session$chose_axis <- chose
  }, .frame)
  session$said <- character()
  session$chose_axis <- FALSE
}

pair_operator <- function(...) {
  keops_kernel("Sum_Reduction(x - y, 0)", c("x = Vi(1)", "y = Vj(1)"), ...)
}

test_that("what the last number of a formula means is said where it matters", {
  local_unsaid()
  op <- pair_operator()
  expect_no_message(op(1:3, 1:2))
  expect_no_message(op(1, 1))
  expect_message(op(1:3, 1:3), "axis", class = "rkeops_message_axis")
  expect_no_message(op(1:3, 1:3))
  expect_no_message(pair_operator()(1:3, 1:3))
})

test_that("gradients say it too, formulas of one index do not", {
  local_unsaid()
  gradient <- keops_grad(pair_operator(), "x")
  expect_no_message(keops_kernel("Sum_Reduction(x, 0)", "x = Vi(1)")(
    1:3, nx = 3, ny = 3
  ))
  expect_message(gradient(1:3, 1:3, 1:3), class = "rkeops_message_axis")
})

test_that("whoever chose hears nothing", {
  local_unsaid()
  expect_no_message(pair_operator(axis = "output")(1:3, 1:3))
  expect_no_message(pair_operator(axis = "reduced")(1:3, 1:3))
  expect_no_message(sum(Vi(1:3) - Vj(1:3), "j"))
  local_rkeops_options(axis = "output")
  expect_no_message(pair_operator()(1:3, 1:3))
})
