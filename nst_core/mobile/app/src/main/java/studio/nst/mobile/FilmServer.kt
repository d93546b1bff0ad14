package studio.nst.mobile

import java.io.File
import java.io.IOException
import java.net.HttpURLConnection
import java.net.URL
import java.util.UUID
import org.json.JSONException
import org.json.JSONObject

/** A style that the server has: its id for a request, and its title. */
data class ServerStyle(val id: String, val title: String)

/** The server's reason why it does not do what was asked, in one sentence; asked again, it would refuse again. */
class RefusedException(message: String) : IOException(message)

/**
 * Films painted by a server of NST Studio. Each call waits for its answer: not for the thread of the screen. Throws
 * IOException without an answer, and RefusedException with a refusal.
 */
class FilmServer(server: String, private val retryMilliseconds: Long = 2_000) {
    private val api = "${server.trim().trimEnd('/')}/api/v1"

    /** The styles that can be used at once, the most beautiful first. */
    fun styles(): List<ServerStyle> {
        val found = json(open("/styles")).getJSONArray("styles")
        return List(found.length(), found::getJSONObject)
            .filter { it.getString("available") == "now" }
            .map { ServerStyle(it.getString("id"), it.getString("title")) }
    }

    /**
     * Starts a run. [recipe] is JSON of the settings that differ from the defaults. A request that is sent again with
     * the same [key] starts no second run.
     */
    fun submit(film: File, style: String, recipe: String, key: String = UUID.randomUUID().toString()): FilmRun {
        val boundary = UUID.randomUUID().toString()
        fun part(name: String) = "\r\n--$boundary\r\nContent-Disposition: form-data; name=\"$name\"\r\n\r\n"
        val fields = part("style_id") + style + part("recipe") + recipe
        val head = (fields + part("film\"; filename=\"film.${film.extension}")).toByteArray()
        val tail = "\r\n--$boundary--\r\n".toByteArray()
        val request = open("/runs")
        request.requestMethod = "POST"
        request.doOutput = true
        request.setRequestProperty("Content-Type", "multipart/form-data; boundary=$boundary")
        request.setRequestProperty("Idempotency-Key", key)
        request.setFixedLengthStreamingMode(head.size + film.length() + tail.size) // else it would all be in memory
        request.outputStream.use { body ->
            body.write(head)
            film.inputStream().use { it.copyTo(body) }
            body.write(tail)
        }
        val run = json(request)
        return FilmRun(run.getString("id"), run.getString("secret"))
    }

    /**
     * Follows a run until it is over, and tells each change. A connection that is lost is made again [RETRIES] times,
     * and continues after the last event.
     */
    fun follow(run: FilmRun, onChange: (FilmRun) -> Unit) {
        var failures = 0
        while (!run.isOver) {
            try {
                read(run) {
                    failures = 0
                    onChange(run)
                }
                if (!run.isOver) throw IOException("the server ended the events of a run that is not over")
            } catch (refused: RefusedException) {
                throw refused
            } catch (lost: IOException) {
                if (++failures > RETRIES) throw lost
                Thread.sleep(retryMilliseconds)
            }
        }
    }

    private fun read(run: FilmRun, onChange: () -> Unit) {
        val request = open("/runs/${run.id}/events")
        request.readTimeout = 60_000 // a sign of life comes more often
        if (run.lastEvent.isNotEmpty()) request.setRequestProperty("Last-Event-ID", run.lastEvent)
        val event = HashMap<String, String>()
        check(request).inputStream.bufferedReader().useLines { lines ->
            for (line in lines) {
                if (line.isNotEmpty()) {
                    event[line.substringBefore(": ")] = line.substringAfter(": ")
                } else if (event.isNotEmpty()) { // an event is whole; one that was cut off is not taken
                    event["data"]?.let { run.take(event["event"] ?: "", it, event["id"] ?: "") }
                    event.clear()
                    onChange()
                }
            }
        }
    }

    /** Ends a run; a film of its frames so far is written. */
    fun stop(run: FilmRun) {
        val request = open("/runs/${run.id}/stop")
        request.requestMethod = "POST"
        request.doOutput = true
        request.setRequestProperty("X-Run-Secret", run.secret)
        request.outputStream.close()
        json(request)
    }

    /** Saves the film of a run that is over: all of it, or nothing. */
    fun save(run: FilmRun, file: File) {
        val request = check(open("/runs/${run.id}/film"))
        val part = File("${file.path}.part")
        request.inputStream.use { film -> part.outputStream().use { film.copyTo(it) } }
        val wanted = request.getHeaderField("Content-Length")?.toLong()
        if ((wanted != null && part.length() != wanted) || !part.renameTo(file)) {
            part.delete()
            throw IOException("the film must come whole, but the connection or the storage ended before")
        }
    }

    private fun open(path: String) = (URL(api + path).openConnection() as HttpURLConnection).apply {
        connectTimeout = 20_000
        readTimeout = 120_000
    }

    private fun json(request: HttpURLConnection): JSONObject {
        val answer = check(request).inputStream.use { String(it.readBytes()) }
        try {
            return JSONObject(answer)
        } catch (other: JSONException) {
            throw RefusedException(NOT_OURS)
        }
    }

    private fun check(request: HttpURLConnection): HttpURLConnection {
        val code = request.responseCode
        if (code < 400) return request
        val answer = request.errorStream?.use { String(it.readBytes()) } ?: ""
        val sentence = try {
            JSONObject(answer).getString("detail")
        } catch (other: JSONException) {
            "$NOT_OURS ($code)"
        }
        throw if (code == 429 || code >= 500) IOException(sentence) else RefusedException(sentence)
    }

    private companion object {
        const val RETRIES = 30
        const val NOT_OURS = "the server gave another answer than NST Studio does; check its address"
    }
}
