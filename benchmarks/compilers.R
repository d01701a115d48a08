# The interpreter of a package that one compiler built beside that of another: one
# thread, interpreted calls only, for each instruction set of this machine.
#   R CMD INSTALL --library=A .   # with gcc
#   R CMD INSTALL --library=B .   # with clang: CXX17 = clang++ in ~/.R/Makevars
#   Rscript benchmarks/compilers.R A B [N]
#
# Each package is measured in three processes, which take turns: the fastest of
# its calls counts, so that other work on the machine does not.

options(width = 160)
arguments <- commandArgs(TRUE)

formulas <- c(
  "Sum_Reduction(Exp(-s * SqDist(x, y)) * b, 0)",
  "Sum_Reduction(Sqrt(SqDist(x, y)) * b, 0)",
  "LogSumExp_Reduction(-s * SqDist(x, y), 0)",
  "KMin_Reduction(SqDist(x, y), 10, 0)",
  "Max_Reduction(Abs(x - y), 0)",
  "Sum_Reduction(Sin(s * (x - y)), 0)",
  "Sum_Reduction(IfElse(x - y, Log(1 + Square(y)), b), 0)",
  "ArgMin_Reduction(Sum(Abs(x - y)), 0)"
)
args <- c("x = Vi(3)", "y = Vj(3)", "b = Vj(1)", "s = Pm(1)")

measure <- function(library_path, size) {
  library(rkeops, lib.loc = library_path)
  set_rkeops_options(list(
    threads = 1, compile = "never", pruning = "never", digits = "plain"
  ))
  set.seed(1)
  data <- list(
    x = matrix(runif(3 * size), size), y = matrix(runif(3 * size), size),
    b = matrix(rnorm(size), size), s = 0.5
  )
  cases <- expand.grid(
    formula = formulas, precision = c("float32", "float64"),
    instructions = rkeops:::r_instruction_sets(), stringsAsFactors = FALSE
  )
  cases$seconds <- mapply(function(formula, precision, instructions) {
    set_rkeops_option("instructions", instructions)
    op <- keops_kernel(formula, args, precision = precision, axis = "output")
    op(data)
    min(replicate(5, system.time(op(data))[["user.self"]]))
  }, cases$formula, cases$precision, cases$instructions)
  cases
}

if (arguments[1] == "--measure") {
  saveRDS(measure(arguments[2], as.integer(arguments[3])), arguments[4])
  quit(save = "no")
}

script <- sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE))
size <- c(arguments[-(1:2)], "5000")[1]
file <- tempfile()
in_process <- function(library_path) {
  rscript <- file.path(R.home("bin"), "Rscript")
  stopifnot(system2(
    rscript, c(script, "--measure", library_path, size, file)
  ) == 0)
  readRDS(file)
}
turns <- replicate(
  3, lapply(normalizePath(arguments[1:2]), in_process), simplify = FALSE
)
fastest <- lapply(1:2, function(k) {
  do.call(pmin, lapply(turns, function(turn) turn[[k]]$seconds))
})
cases <- turns[[1]][[1]]
cases$seconds <- NULL
cases$first <- fastest[[1]]
cases$second <- fastest[[2]]
cases$speed <- round(cases$first / cases$second, 2)
cat("N =", size, "; speed: of the second package, the first one's is 1\n")
print(cases, row.names = FALSE)
cat("Geometric mean:\n")
print(round(exp(tapply(log(cases$first / cases$second), cases$instructions,
                       mean)), 2))
