package studio.nst.mobile

import android.net.Uri
import android.os.Bundle
import android.view.View
import android.view.ViewGroup.LayoutParams.MATCH_PARENT
import android.widget.ArrayAdapter
import android.widget.Button
import android.widget.EditText
import android.widget.LinearLayout
import android.widget.MediaController
import android.widget.ScrollView
import android.widget.Spinner
import android.widget.TextView
import android.widget.VideoView
import androidx.activity.ComponentActivity
import androidx.activity.result.contract.ActivityResultContracts
import java.io.File
import java.io.IOException
import java.util.concurrent.Executors

/** A film that a server paints: chosen, sent, followed with its curve, played and saved. */
class FilmActivity : ComponentActivity() {
    private val work = Executors.newCachedThreadPool() // a run is stopped while another thread follows it
    private val notes by lazy { getSharedPreferences("films", MODE_PRIVATE) }
    private val given by lazy { File(cacheDir, "given") }
    private val painted by lazy { File(cacheDir, "painted.mp4") }
    private var styles = emptyList<ServerStyle>()
    private var run: FilmRun? = null

    private lateinit var address: EditText
    private lateinit var style: Spinner
    private lateinit var method: Spinner
    private lateinit var words: TextView
    private lateinit var curve: CurveView
    private lateinit var player: VideoView
    private lateinit var choose: Button
    private lateinit var stop: Button
    private lateinit var save: Button

    private val choosing = registerForActivityResult(ActivityResultContracts.GetContent()) { it?.let(::paint) }
    private val saving = registerForActivityResult(ActivityResultContracts.CreateDocument("video/mp4")) { uri ->
        if (uri != null) {
            background {
                val target = contentResolver.openOutputStream(uri) ?: throw IOException("$uri cannot be written")
                target.use { painted.inputStream().use { film -> film.copyTo(it) } }
            }
        }
    }

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        address = EditText(this).apply {
            setText(notes.getString("server", "https://"))
            hint = getString(R.string.server)
        }
        style = Spinner(this)
        method = Spinner(this).apply { adapter = choices(METHODS) }
        words = TextView(this)
        curve = CurveView(this)
        player = VideoView(this).apply { setMediaController(MediaController(this@FilmActivity)) }
        choose = button(R.string.choose) { choosing.launch("video/*") }
        stop = button(R.string.stop) { run?.let { background { server -> server.stop(it) } } }
        save = button(R.string.save) { saving.launch("film.mp4") }
        val look = button(R.string.connect) { connect() }
        val column = LinearLayout(this).apply {
            orientation = LinearLayout.VERTICAL
            setPadding(32, 96, 32, 32)
            listOf(address, look, style, method, choose, words, curve, stop, player, save).forEach { addView(it) }
        }
        for (tall in listOf(curve, player)) {
            tall.layoutParams = LinearLayout.LayoutParams(MATCH_PARENT, (200 * resources.displayMetrics.density).toInt())
        }
        setContentView(ScrollView(this).apply { addView(column) })
        listOf(choose, stop, save, player).forEach { it.visibility = View.GONE }
        val before = notes.getString("run", null) // a run goes on while the app is closed
        if (before != null) follow(FilmRun(before, notes.getString("secret", "")!!))
    }

    private fun connect() = background { server ->
        val found = server.styles()
        runOnUiThread {
            notes.edit().putString("server", address.text.toString()).apply()
            styles = found
            style.adapter = choices(styles.map { it.title })
            choose.visibility = View.VISIBLE
            words.text = ""
        }
    }

    private fun paint(film: Uri) {
        val (chosen, how) = styles[style.selectedItemPosition] to METHODS[method.selectedItemPosition].lowercase()
        choose.isEnabled = false
        words.setText(R.string.sending)
        background { server ->
            val source = contentResolver.openInputStream(film) ?: throw IOException("$film cannot be read")
            source.use { given.outputStream().use { copy -> it.copyTo(copy) } } // its length is told before it is sent
            val run = server.submit(given, chosen.id, """{"method": "$how", "longest_edge_px": 384}""")
            notes.edit().putString("run", run.id).putString("secret", run.secret).apply()
            runOnUiThread { follow(run) }
        }
    }

    private fun follow(run: FilmRun) {
        this.run = run
        painted.delete()
        stop.visibility = View.VISIBLE
        listOf(player, save).forEach { it.visibility = View.GONE }
        background { server ->
            server.follow(run) { runOnUiThread { show(it) } }
            notes.edit().remove("run").remove("secret").apply()
            if (run.hasFilm) server.save(run, painted)
            runOnUiThread { show(run) }
        }
    }

    private fun show(run: FilmRun) {
        words.text = when {
            run.error.isNotEmpty() -> run.error
            run.position > 0 -> getString(R.string.waiting, run.position)
            else -> getString(R.string.frames, run.step, run.totalSteps)
        }
        curve.show(run)
        if (!run.isOver) return
        choose.isEnabled = true
        stop.visibility = View.GONE
        if (!run.hasFilm || !painted.exists()) return
        listOf(player, save).forEach { it.visibility = View.VISIBLE }
        player.setVideoPath(painted.path)
        player.start()
    }

    /** Do something that waits for the server or the storage; what goes wrong is told in words. */
    private fun background(task: (FilmServer) -> Unit) {
        val server = FilmServer(address.text.toString())
        work.execute {
            try {
                task(server)
            } catch (error: IOException) {
                runOnUiThread {
                    words.text = error.message
                    choose.isEnabled = true
                }
            } catch (closed: InterruptedException) {
                return@execute // the screen is closed; the run goes on
            }
        }
    }

    private fun choices(names: List<String>) = ArrayAdapter(this, android.R.layout.simple_spinner_dropdown_item, names)

    private fun button(text: Int, onClick: () -> Unit) = Button(this).apply {
        setText(text)
        setOnClickListener { onClick() }
    }

    override fun onDestroy() {
        super.onDestroy()
        work.shutdownNow()
    }

    private companion object {
        val METHODS = listOf("Fast", "Slow")
    }
}
