import java.io.File
import java.io.IOException
import java.net.HttpURLConnection
import java.net.URL
import java.util.UUID

/**
 * Paints a photograph: sends it, follows the run's events, fetches the picture. On Android, call it in a coroutine on
 * Dispatchers.IO, read the photograph from its content address, and use org.json, which Android has, in place of `field`.
 */
class NstStudio(server: String) {
    private val api = "$server/api/v1"

    /** Starts a run of a photograph and a style of the server, and returns its id. */
    fun submit(photograph: ByteArray, style: String, recipe: String): String {
        val boundary = UUID.randomUUID().toString()
        fun part(name: String) = "\r\n--$boundary\r\nContent-Disposition: form-data; name=\"$name\"\r\n\r\n"
        val request = open("/runs")
        request.requestMethod = "POST"
        request.doOutput = true
        request.setRequestProperty("Content-Type", "multipart/form-data; boundary=$boundary")
        request.setRequestProperty("Idempotency-Key", UUID.randomUUID().toString()) // sent again, it starts no second run
        request.outputStream.use { body ->
            body.write("${part("style_id")}$style${part("recipe")}$recipe".toByteArray())
            body.write(part("content\"; filename=\"photo").toByteArray())
            body.write(photograph)
            body.write("\r\n--$boundary--\r\n".toByteArray())
        }
        return field(String(answer(request)), "id")
    }

    /** A run's events, each with its name and its JSON, until it is over. */
    fun follow(run: String, onEvent: (name: String, json: String) -> Unit) {
        val request = open("/runs/$run/events")
        request.readTimeout = 60_000 // a sign of life comes more often
        check(request)
        var name = ""
        request.inputStream.bufferedReader().forEachLine { line ->
            when {
                line.startsWith("event: ") -> name = line.removePrefix("event: ")
                line.startsWith("data: ") -> onEvent(name, line.removePrefix("data: "))
            }
        }
    }

    /** The newest picture of a run: its result as PNG when it is over. */
    fun picture(run: String): ByteArray = answer(open("/runs/$run/picture"))

    private fun open(path: String) = URL(api + path).openConnection() as HttpURLConnection

    private fun answer(request: HttpURLConnection): ByteArray {
        check(request)
        return request.inputStream.use { it.readBytes() }
    }

    /** Throws the sentence of the problem document if the server refused a request. */
    private fun check(request: HttpURLConnection) {
        if (request.responseCode >= 400) {
            throw IOException(field(request.errorStream.use { String(it.readBytes()) }, "detail"))
        }
    }

    private fun field(json: String, name: String): String =
        Regex("\"$name\": ?\"((?:[^\"\\\\]|\\\\.)*)\"").find(json)?.groupValues?.get(1)
            ?: throw IOException("the answer must have the field $name, got $json")
}

fun main(arguments: Array<String>) {
    val (server, photograph, style, recipe, picture) = arguments
    val studio = NstStudio(server)
    val run = studio.submit(File(photograph).readBytes(), style, recipe)
    studio.follow(run) { name, json -> println("$name $json") }
    File(picture).writeBytes(studio.picture(run))
}
