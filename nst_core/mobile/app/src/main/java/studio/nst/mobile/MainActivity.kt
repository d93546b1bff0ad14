package studio.nst.mobile

import android.Manifest
import android.content.Intent
import android.content.pm.PackageManager
import android.graphics.Bitmap
import android.graphics.BitmapFactory
import android.graphics.Canvas
import android.graphics.Matrix
import android.graphics.Paint
import android.os.Bundle
import android.view.Gravity
import android.view.ViewGroup.LayoutParams.MATCH_PARENT
import android.view.ViewGroup.LayoutParams.WRAP_CONTENT
import android.view.WindowManager
import android.widget.Button
import android.widget.FrameLayout
import android.widget.ImageView
import android.widget.TextView
import androidx.activity.ComponentActivity
import androidx.activity.result.contract.ActivityResultContracts
import androidx.camera.core.CameraSelector
import androidx.camera.core.ImageAnalysis
import androidx.camera.core.ImageProxy
import androidx.camera.lifecycle.ProcessCameraProvider
import androidx.core.content.ContextCompat
import java.util.concurrent.Executors

/** The camera's picture in the style of `style.jpg`, an asset of the app. */
class MainActivity : ComponentActivity() {
    private val painting = Executors.newSingleThreadExecutor() // both networks live in this one thread
    private val pace = FramePace(mostPerSecond = 30)
    private lateinit var picture: ImageView
    private lateinit var words: TextView
    private var networks: StyleNetworks? = null
    private lateinit var style: FloatArray

    private val permission = registerForActivityResult(ActivityResultContracts.RequestPermission()) { isGranted ->
        if (isGranted) startCamera() else words.setText(R.string.no_camera)
    }

    override fun onCreate(savedInstanceState: Bundle?) {
        super.onCreate(savedInstanceState)
        window.addFlags(WindowManager.LayoutParams.FLAG_KEEP_SCREEN_ON)
        picture = ImageView(this).apply { contentDescription = getString(R.string.painted) }
        words = TextView(this).apply { setPadding(32, 96, 32, 32) }
        val films = Button(this).apply {
            setText(R.string.film)
            setOnClickListener { startActivity(Intent(context, FilmActivity::class.java)) }
        }
        setContentView(
            FrameLayout(this).apply {
                addView(picture)
                addView(words, FrameLayout.LayoutParams(MATCH_PARENT, WRAP_CONTENT, Gravity.TOP))
                addView(films, FrameLayout.LayoutParams(MATCH_PARENT, WRAP_CONTENT, Gravity.BOTTOM))
            },
        )
        painting.execute {
            networks = StyleNetworks.open(assets, EDGE).also { opened ->
                val file = assets.open("style.jpg").use(BitmapFactory::decodeStream)
                style = opened.predict(unit(square(file, 0, StyleNetworks.STYLE_EDGE)))
            }
        }
        val hasCamera = ContextCompat.checkSelfPermission(this, Manifest.permission.CAMERA)
        if (hasCamera == PackageManager.PERMISSION_GRANTED) startCamera() else permission.launch(Manifest.permission.CAMERA)
    }

    private fun startCamera() {
        val provider = ProcessCameraProvider.getInstance(this)
        provider.addListener({
            val frames = ImageAnalysis.Builder()
                .setBackpressureStrategy(ImageAnalysis.STRATEGY_KEEP_ONLY_LATEST)
                .setOutputImageFormat(ImageAnalysis.OUTPUT_IMAGE_FORMAT_RGBA_8888)
                .build()
            frames.setAnalyzer(painting) { it.use(::paint) }
            provider.get().unbindAll()
            provider.get().bindToLifecycle(this, CameraSelector.DEFAULT_BACK_CAMERA, frames)
        }, ContextCompat.getMainExecutor(this))
    }

    /** Paint a frame of the camera; runs in the thread of the networks. */
    private fun paint(frame: ImageProxy) {
        val opened = networks ?: return
        if (!pace.isDue(System.nanoTime())) return
        val painted = opened.paint(unit(square(frame.toBitmap(), frame.imageInfo.rotationDegrees, EDGE)), style)
        val pixels = IntArray(EDGE * EDGE)
        toPixels(painted, pixels)
        val bitmap = Bitmap.createBitmap(pixels, EDGE, EDGE, Bitmap.Config.ARGB_8888)
        runOnUiThread {
            picture.setImageBitmap(bitmap)
            words.text = "%.0f fps".format(pace.rate)
        }
    }

    /** The middle of a picture, upright, as a square of [edge] pixels. */
    private fun square(source: Bitmap, rotation: Int, edge: Int): Bitmap {
        val (left, top, side) = middleSquare(source.width, source.height)
        val target = Bitmap.createBitmap(edge, edge, Bitmap.Config.ARGB_8888)
        val matrix = Matrix().apply {
            postTranslate(-left - side / 2f, -top - side / 2f)
            postRotate(rotation.toFloat())
            postScale(edge / side.toFloat(), edge / side.toFloat())
            postTranslate(edge / 2f, edge / 2f)
        }
        Canvas(target).drawBitmap(source, matrix, Paint(Paint.FILTER_BITMAP_FLAG))
        return target
    }

    private fun unit(bitmap: Bitmap): FloatArray {
        val pixels = IntArray(bitmap.width * bitmap.height)
        bitmap.getPixels(pixels, 0, bitmap.width, 0, 0, bitmap.width, bitmap.height)
        return FloatArray(3 * pixels.size).also { toUnit(pixels, it) }
    }

    override fun onDestroy() {
        super.onDestroy()
        painting.execute { networks?.close() }
        painting.shutdown()
    }

    private companion object {
        const val EDGE = 256
    }
}
