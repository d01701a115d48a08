# The same random data in every run, so that a test passes always or never.
set.seed(1)

# Two threads whatever the machine has, as in the checks of CRAN; one directory
# of compiled formulas for all the tests, so that none is compiled twice. All
# formulas are compiled, because they would only be interpreted at these sizes;
# with RKEOPS_COMPILE=never, or without a compiler, all of them are interpreted.
# CRAN has little time for tests: there, what is worth compiling is compiled.
# Single precision is what is asked for, so it is not looked after but in
# test-digits.R.
when_to_compile <- function() {
  if (!has_compiler) return("never")
  if (identical(Sys.getenv("NOT_CRAN"), "true")) "always" else "auto"
}
withr::local_envvar(
  RKEOPS_COMPILE = Sys.getenv("RKEOPS_COMPILE", when_to_compile()),
  RKEOPS_DIGITS = Sys.getenv("RKEOPS_DIGITS", "plain"),
  .local_envir = testthat::teardown_env()
)
rkeops_reset_options()
# chosen, so that nothing is said about it
set_rkeops_options(threads = 2, axis = "output")
