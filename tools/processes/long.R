# Long sessions: memory, open files and maps of the process stay as they are.

state_of_process <- function() {
  gc()
  status <- readLines("/proc/self/status")
  memory <- grep("^VmRSS", status, value = TRUE)
  memory <- sub("[^0-9]*([0-9]+).*", "\\1", memory)
  c(
    memory = as.numeric(memory) / 1024,
    descriptors = length(list.files("/proc/self/fd")),
    maps = length(readLines("/proc/self/maps"))
  )
}

# `work(k)` for k from 1 to `count`; what happened after the first fifth counts,
# since caches are full then. Memory is in MB, time in microseconds each.
watch <- function(count, work, most_memory, most_maps = 20) {
  marks <- unique(round(count * c(0.2, 0.4, 0.6, 0.8, 1)))
  seen <- NULL
  began <- proc.time()[["elapsed"]]
  wrong <- 0L
  for (k in seq_len(count)) {
    wrong <- wrong + !isTRUE(work(k))
    if (k %in% marks) {
      now <- proc.time()[["elapsed"]]
      done <- marks[match(k, marks)] - max(0, marks[match(k, marks) - 1L])
      seen <- rbind(seen, c(
        count = k, state_of_process(), time = 1e6 * (now - began) / done
      ))
      began <- proc.time()[["elapsed"]]
    }
  }
  print(round(as.data.frame(seen), 1), row.names = FALSE)
  growth <- seen[nrow(seen), ] - seen[1L, ]
  ratio <- seen[nrow(seen), "time"] / min(seen[, "time"])
  falls <- c(
    if (wrong) sprintf("%d wrong values", wrong),
    if (growth[["memory"]] > most_memory) "memory grows",
    if (growth[["descriptors"]] > 0) "descriptors are left open",
    if (growth[["maps"]] > most_maps) "maps are left",
    # other processes take time, too
    if (ratio > 5) "calls become slower"
  )
  c(rep("right", count - length(falls)), falls)
}

attack_calls <- function(count) {
  op <- operator_of_attack()
  tensor <- tensor_of_attack()
  x <- points_of_attack
  watch(count, function(k) {
    if (k %% 2) is_right(op(x, x)) else is_right(rowSums(tensor))
  }, most_memory = 5)
}

attack_formulas <- function(count) {
  x <- points_of_attack
  watch(count, function(k) {
    is_right(operator_of_attack(as.integer(k))(x, x), k)
  }, most_memory = 10)
}

attack_compiled <- function(count) {
  set_rkeops_option("compile", "always")
  set_rkeops_cache_dir(tempfile("cache"))
  x <- points_of_attack
  watch(count, function(k) {
    is_right(operator_of_attack(as.integer(k))(x, x), k)
  }, most_memory = 10)
}
