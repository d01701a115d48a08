# Interrupts at random moments. SIGINT comes from another process after a random
# time, while formulas are read, planned, compiled and computed in a loop; then
# the formula that was interrupted has to give the right numbers.

# Formulas whose gradients take a while to be planned.
deep_formula <- function(number) {
  inner <- "SqDist(x, y)"
  for (k in 1:12) inner <- sprintf("Exp(-%s * IntCst(%d))", inner, number + k)
  sprintf("Sum_Reduction(%s, 0)", inner)
}

plan_deep <- function(number) {
  op <- keops_kernel(
    deep_formula(number), c("x = Vi(3)", "y = Vj(3)"), precision = "float64"
  )
  explain(keops_grad(keops_grad(op, "x"), "x"), "plan")
}

# Calls that go on until the signal comes, and how long they may take.
works <- list(
  plan = list(longest = 0.3, mode = "never", work = plan_deep),
  compute = list(longest = 0.3, mode = "never", work = function(number) {
    call_with_threads(operator_of_attack(number))
  }),
  lazy = list(longest = 0.2, mode = "never", work = function(number) {
    rowSums(tensor_of_attack() * number)
  }),
  compile = list(longest = 2, mode = "always", work = function(number) {
    operator_of_attack(number)(points_of_attack, points_of_attack)
  })
)

# R starts no process of its own meanwhile: the shell waits and sends.
interrupted_work <- function(work, number) {
  seconds <- stats::runif(1, 0, work$longest)
  command <- sprintf("(sleep %.4f; kill -INT %d) &", seconds, Sys.getpid())
  tryCatch(
    {
      system(command)
      repeat {
        work$work(number)
        number <- number + 1L
      }
    },
    interrupt = function(condition) number,
    error = function(e) paste("error:", conditionMessage(e))
  )
}

attack_interrupts <- function(count) {
  # compiling takes longest: one in ten
  kinds <- c("plan", "compute", "lazy", "plan", "compute", "lazy", "plan",
             "compute", "lazy", "compile")
  set_rkeops_cache_dir(tempfile("cache"))
  next_number <- 1000L
  vapply(seq_len(count), function(k) {
    work <- works[[kinds[[(k - 1L) %% 10L + 1L]]]]
    set_rkeops_option("compile", work$mode)
    number <- interrupted_work(work, next_number)
    if (is.character(number)) {
      return(number)
    }
    next_number <<- number + 1L
    if (work$mode == "never") plan_deep(number)
    x <- points_of_attack
    outcome(
      is_right(operator_of_attack(number)(x, x), number) &&
        is_right(rowSums(tensor_of_attack()))
    )
  }, "")
}
