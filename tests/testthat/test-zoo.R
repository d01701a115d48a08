# Each argument of each exported function and method with one odd object: the
# short form of tools/zoo.R, with another object in each argument. Values and
# errors of ours are right; other errors and warnings, and crashes, are not.

skip_on_cran()

test_that("odd objects give values, or errors of ours", {
  skip_if_not_installed("Matrix")
  helpers <- list.files(
    file.path(source_root(), "tools", "zoo"), full.names = TRUE
  )
  skip_if(!length(helpers), "Without the sources.")
  zoo <- new.env()
  sys.source(grep("attack", helpers, value = TRUE), zoo)
  results <- callr::r(
    zoo$zoo_batch, list(helpers, NULL, 1L, 1L), libpath = .libPaths()
  )
  expect_gt(sum(vapply(results, `[[`, 1L, "tried")), 800)
  falls <- do.call(rbind, lapply(results, `[[`, "falls"))
  expect_identical(
    sprintf("%s(%s = <%s>): %s", falls$subject, falls$argument, falls$kind,
            falls$fall), character()
  )
})
