# The interpreter beside compiled programs: one thread, the Gaussian kernel sum
# in three dimensions and some others, for each instruction set of this machine.
# Compiled programs are told to use the same instructions.
#   Rscript benchmarks/interpreter.R [N]

library(rkeops)

options(width = 160)
size <- as.integer(c(commandArgs(TRUE), "10000")[1])
set_rkeops_option("threads", 1)

formulas <- c(
  "Sum_Reduction(Exp(-s * SqDist(x, y)) * b, 0)",
  "Sum_Reduction(Sqrt(SqDist(x, y)) * b, 0)",
  "LogSumExp_Reduction(-s * SqDist(x, y), 0)",
  "KMin_Reduction(SqDist(x, y), 10, 0)",
  "Max_Reduction(Abs(x - y), 0)"
)
args <- c("x = Vi(3)", "y = Vj(3)", "b = Vj(1)", "s = Pm(1)")
set.seed(1)
data <- list(
  x = matrix(runif(3 * size), size), y = matrix(runif(3 * size), size),
  b = matrix(rnorm(size), size), s = 0.5
)

flags <- list(
  baseline = if (grepl("x86_64", R.version$arch)) "-march=x86-64",
  AVX2 = "-march=x86-64-v3", "AVX-512" = NULL
)

# Seconds of the fastest of five calls, and the result.
measure <- function(op) {
  result <- op(data)
  times <- replicate(5, system.time(op(data))[["elapsed"]])
  list(seconds = min(times), result = result)
}

compare <- function(formula, precision, instructions) {
  op <- keops_kernel(formula, args, precision = precision)
  set_rkeops_options(list(
    compile = "always", compiler_flags = as.character(flags[[instructions]])
  ))
  compiled <- measure(op)
  set_rkeops_options(list(compile = "never", instructions = instructions))
  interpreted <- measure(op)
  difference <- max(abs(interpreted$result - compiled$result))
  data.frame(
    formula, precision, instructions,
    compiled = compiled$seconds, interpreted = interpreted$seconds,
    speed = round(compiled$seconds / interpreted$seconds, 2),
    difference = signif(difference / max(abs(compiled$result)), 2)
  )
}

cases <- expand.grid(
  formula = formulas, precision = c("float32", "float64"),
  instructions = rkeops:::r_instruction_sets(), stringsAsFactors = FALSE
)
cat("N =", size, "; speed: of the interpreter, the compiled program's is 1\n")
print(do.call(rbind, Map(
  compare, cases$formula, cases$precision, cases$instructions
)), row.names = FALSE)
