// Has two films painted by the server of the address: SHORT.mp4 to its end, and LONG.mp4 until it is stopped.
package studio.nst.mobile

import java.io.File
import java.io.IOException

fun main(arguments: Array<String>) {
    val server = FilmServer(arguments[0], retryMilliseconds = 50)
    val style = server.styles().first().id
    println("style: $style")
    val recipe = """{"method": "fast", "longest_edge_px": 64}"""

    val whole = server.submit(File("12.mp4"), style, recipe)
    server.follow(whole) {}
    server.save(whole, File("whole"))
    println("whole: ${whole.state}, ${whole.hasFilm}, ${whole.step} of ${whole.totalSteps}, ${whole.position}")
    println("curve: ${whole.curve.map { it.step }}")
    println("line: ${curveLine(whole.curve, whole.totalSteps, 200f, 100f).toList()}")

    val part = server.submit(File("100.mp4"), style, recipe)
    var isStopped = false
    server.follow(part) {
        if (it.step > 0 && !isStopped) server.stop(it)
        isStopped = it.step > 0
    }
    server.save(part, File("part"))
    println("part: ${part.state}, ${part.hasFilm}")

    println("refused: ${refusal { server.submit(File("12.mp4"), style, """{"steps": -1}""") }}")
    println("another server: ${refusal { FilmServer("${arguments[0]}/nothing").styles() }}")
}

private fun refusal(wrong: () -> Unit): String = try {
    wrong()
    "accepted"
} catch (error: IOException) {
    error.message!!
}
